// Kinds of keys by the names that options and reports have for them. Any thread.
#pragma once

#include <optional>
#include <string>

#include "libs/crypto/keys.hpp"

namespace sotto::bench {

inline std::string key_name(crypto::KeyKind kind) {
  switch (kind) {
    case crypto::KeyKind::ed25519:
      return "ed25519";
    case crypto::KeyKind::ed448:
      return "ed448";
    case crypto::KeyKind::x25519:
      break;
  }
  return "x25519";
}

inline std::string key_name(const std::optional<crypto::KeyKind>& kind) {
  return kind ? key_name(*kind) : "none";
}

}  // namespace sotto::bench
