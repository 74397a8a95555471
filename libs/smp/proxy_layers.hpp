// The two layers around a proxied command and its response (docs/wire.md section 10). Pure functions, any thread.
#pragma once

#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/crypto/box.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

inline constexpr std::size_t kProxiedPaddedSize = 16226;

// Client ↔ relay layer (PFWD, PRES): padded to kProxiedPaddedSize. Nothing when content is too long / does not open.
std::optional<Bytes> seal_for_relay(const crypto::BoxKey& key, const crypto::Nonce& nonce, ByteView block_content);
std::optional<Bytes> open_from_client(const crypto::BoxKey& key, const crypto::Nonce& nonce, ByteView encrypted);

// What RFWD carries inside: s8(client corrId) w16 version, client key, tail(transmission). Views `plain`.
struct Forwarded {
  ByteView client_corr_id;
  Version version = 0;
  crypto::PublicKey client_key;
  ByteView encrypted_transmission;
};
Bytes encode(const Forwarded& forwarded);
std::optional<Forwarded> parse_forwarded(ByteView plain);

// What RRES carries inside: s8(client corrId) tail(response). Views `plain`.
struct ForwardedResponse {
  ByteView client_corr_id;
  ByteView encrypted_response;
};
Bytes encode(const ForwardedResponse& response);
std::optional<ForwardedResponse> parse_forwarded_response(ByteView plain);

}  // namespace sotto::smp
