// Failures as this module makes them. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "libs/smp-client/failure.hpp"

namespace sotto::dial {

inline client::Failure failure(client::Layer layer, client::Reason reason, std::string message) {
  const bool late = reason == client::Reason::timeout;
  return {layer, reason, {late ? ErrorCode::timeout : ErrorCode::connection_failed, std::move(message)}, std::nullopt};
}

}  // namespace sotto::dial
