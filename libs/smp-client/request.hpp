// Request: one command to send. Its views and pointers are the caller's and are used only during submit().
#pragma once

#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/command.hpp"

namespace sotto::client {

struct Request {
  // Ed25519 or Ed448: signs; X25519: authenticates with the server's session key; null: no authorization.
  const crypto::PrivateKey* key = nullptr;
  ByteView entity_id{};
  smp::Command command;
  // 24 random bytes unless given (1 to 255 bytes; two in flight must differ in their first 24).
  std::optional<ByteView> corr_id{};

  // Tests say otherwise what would follow from the above.
  std::optional<ByteView> authorization{};  // instead of what `key` gives
  std::optional<ByteView> session_id{};     // signed, and sent in v6, instead of the connection's
  std::optional<ByteView> text{};           // instead of the encoded command
};

}  // namespace sotto::client
