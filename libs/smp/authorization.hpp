// Authorization of transmissions: signatures and authenticators (docs/wire.md section 6). Pure functions, any thread.
#pragma once

#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

enum class AuthorizationKind : std::uint8_t { none, ed25519, ed448, authenticator };
// By size; nothing for a size that no authorization has (→ ERR BLOCK).
std::optional<AuthorizationKind> authorization_kind(ByteView authorization);

// Client side: signature for signing keys, authenticator (with the server's session key) for X25519 keys.
// invalid_argument: an X25519 key without a server session key.
Result<Bytes> authorize(const crypto::PrivateKey& key, const std::optional<crypto::PublicKey>& server_session_key,
                        ByteView corr_id, ByteView signed_content);

}  // namespace sotto::smp
