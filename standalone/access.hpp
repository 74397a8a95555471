// Access: who may create queues on a standalone server: passwords, policy and audit over its store, and what sessions
// ask of them. Owned by Server. start and stop from its thread; policy() and admin() may be used by any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/access/access_cache.hpp"
#include "libs/backend/attempt_limits.hpp"
#include "services/auth/domain/audit_expiry.hpp"
#include "services/auth/domain/password_admin.hpp"
#include "services/auth/domain/password_book.hpp"
#include "services/auth/domain/password_hasher.hpp"
#include "services/auth/domain/password_store.hpp"
#include "standalone/settings/settings.hpp"

namespace sotto::standalone {

class Access {
 public:
  // Takes the password of the settings over as the first one, when there is none. `clock` must outlive it.
  static Result<std::unique_ptr<Access>> open(const ServerSettings& settings,
                                              std::unique_ptr<auth::PasswordStore> store, const Clock& clock);
  ~Access() { stop(); }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
  // Answers what was asked, and writes what was used. The gateway asks no more. Once.
  void stop();

  [[nodiscard]] backend::AccessPolicy& policy() { return *cache_; }
  [[nodiscard]] const gateway::AccessCache& cache() const { return *cache_; }
  [[nodiscard]] auth::PasswordAdmin& admin() { return *admin_; }
  [[nodiscard]] const auth::PasswordBook& book() const { return *book_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Access(std::unique_ptr<auth::PasswordStore> store, const crypto::KeyRing& keys, const Clock& clock);
  Status take_over(const ServerSettings& settings);

  const std::unique_ptr<auth::PasswordStore> store_;
  const auth::PasswordHasher hasher_;
  const Clock& clock_;
  backend::AttemptLimits limits_;
  std::unique_ptr<auth::PasswordBook> book_;
  std::unique_ptr<auth::PasswordAdmin> admin_;
  std::unique_ptr<auth::AuditExpiry> audit_expiry_;
  std::unique_ptr<gateway::AccessCache> cache_;
  std::vector<std::string> warnings_;
  bool stopped_ = false;
};

}  // namespace sotto::standalone
