#include "gateway/access/password_policy.hpp"

#include "libs/crypto/hash.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::gateway {

using backend::AccessDecision;

PasswordPolicy::PasswordPolicy(const std::optional<SecretString>& password, bool new_queues) : new_queues_(new_queues) {
  crypto::random_bytes(key_.expose_mutable());
  if (password) expected_ = digest(as_bytes(password->expose()));
}

Secret<32> PasswordPolicy::digest(ByteView password) const {
  auto full = crypto::sha512(key_.expose(), password);
  Secret<32> half(ByteView(full).first(32));
  wipe(full);
  return half;
}

AccessDecision PasswordPolicy::may_create(std::optional<ByteView> password) const {
  if (!new_queues_) return AccessDecision::new_queues_off;
  if (!expected_) return AccessDecision::allowed;
  if (!password) return AccessDecision::missing_password;
  return digest(*password) == *expected_ ? AccessDecision::allowed : AccessDecision::wrong_password;
}

}  // namespace sotto::gateway
