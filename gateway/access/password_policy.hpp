// PasswordPolicy: the AccessPolicy of a gateway without an auth service: one password of its settings or none, and a
// switch for new queues. Constant after construction; any thread.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "libs/backend/access_policy.hpp"
#include "libs/base/secret.hpp"

namespace sotto::gateway {

class PasswordPolicy final : public backend::AccessPolicy {
 public:
  // Without a password anybody may create queues, whatever password is sent.
  PasswordPolicy(const std::optional<SecretString>& password, bool new_queues);

  // There is nobody who would switch it off.
  [[nodiscard]] std::shared_ptr<const backend::ProxyPolicy> proxy_policy() const override { return proxy_policy_; }
  // All is known here: always a decision.
  [[nodiscard]] std::optional<backend::Admission> decide(backend::AccessPurpose purpose,
                                                         std::optional<ByteView> password,
                                                         const backend::AccessSource& source) override;
  void ask(backend::AccessPurpose purpose, ByteView password, const backend::AccessSource& source,
           std::function<void(backend::Admission)> done) override;

 private:
  // Digests are compared, so that neither the length nor a common start of a guess shows in the time.
  [[nodiscard]] Secret<32> digest(ByteView password) const;

  Secret<32> key_;
  std::optional<Secret<32>> expected_;
  bool new_queues_;
  std::shared_ptr<const backend::ProxyPolicy> proxy_policy_ = std::make_shared<const backend::ProxyPolicy>();
};

}  // namespace sotto::gateway
