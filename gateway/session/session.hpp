// Session: what a connection knows once its handshake is done. Owned by the connection; its I/O thread only.
#pragma once

#include <optional>

#include "gateway/session/authorizer.hpp"
#include "gateway/session/subscriptions.hpp"
#include "libs/backend/queue_backend.hpp"

namespace sotto::gateway {

struct Session {
  backend::SessionRef ref;
  Authorizer authorizer;
  std::optional<ServiceSession> service;
  Subscriptions subscriptions;

  [[nodiscard]] smp::Version version() const { return authorizer.version(); }
};

}  // namespace sotto::gateway
