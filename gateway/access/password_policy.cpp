#include "gateway/access/password_policy.hpp"

#include "libs/crypto/hash.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::gateway {

using backend::AccessDecision;
using backend::AccessPurpose;
using backend::Admission;

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

std::optional<Admission> PasswordPolicy::decide(AccessPurpose purpose, std::optional<ByteView> password,
                                                const backend::AccessSource& /*source*/) {
  if (purpose == AccessPurpose::new_queue && !new_queues_) return Admission{AccessDecision::switched_off};
  if (!expected_) return Admission{AccessDecision::allowed};
  if (!password) return Admission{AccessDecision::missing_password};
  return Admission{digest(*password) == *expected_ ? AccessDecision::allowed : AccessDecision::wrong_password};
}

void PasswordPolicy::ask(AccessPurpose purpose, ByteView password, const backend::AccessSource& source,
                         std::function<void(Admission)> done) {
  done(*decide(purpose, password, source));
}

}  // namespace sotto::gateway
