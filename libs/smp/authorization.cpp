#include "libs/smp/authorization.hpp"

namespace sotto::smp {

std::optional<AuthorizationKind> authorization_kind(ByteView authorization) {
  const std::size_t size = authorization.size();
  if (size == 0) return AuthorizationKind::none;
  if (size == crypto::signature_size(crypto::KeyKind::ed25519)) return AuthorizationKind::ed25519;
  if (size == crypto::signature_size(crypto::KeyKind::ed448)) return AuthorizationKind::ed448;
  if (size == crypto::kAuthenticatorSize) return AuthorizationKind::authenticator;
  return std::nullopt;
}

Result<Bytes> authorize(const crypto::PrivateKey& key, const std::optional<crypto::PublicKey>& server_session_key,
                        ByteView corr_id, ByteView signed_content) {
  if (key.kind() != crypto::KeyKind::x25519) return crypto::sign(key, signed_content);
  if (!server_session_key) {
    return Error{ErrorCode::invalid_argument, "an X25519 queue key needs the server's session key (protocol v7)"};
  }
  const auto secret = crypto::dh(*server_session_key, key);
  if (!secret) return Error{ErrorCode::invalid_argument, "the server's session key cannot be used with X25519"};
  return crypto::authenticator(crypto::BoxKey::from_raw(*secret), corr_id, signed_content);
}

}  // namespace sotto::smp
