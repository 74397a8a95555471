// PasswordAdmin: what administrators do with passwords and policy. Every change is one commit, with its audit entry,
// and is known to the book, and so to who watches it, before the call returns. A change that is repeated with the same
// request id within a day is answered as before and not done again.
//
// Whether the actor may do it is asked by who calls (services/auth/api); what was refused is audited by refused().
//
// Owned by the process; everything it was given must outlive it. Any thread; calls may wait for the store.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/secret.hpp"
#include "services/auth/domain/actor.hpp"
#include "services/auth/domain/password_book.hpp"
#include "services/auth/domain/password_hasher.hpp"
#include "services/auth/domain/password_store.hpp"
#include "services/auth/domain/refusal_limit.hpp"

namespace sotto::auth {

inline constexpr std::chrono::seconds kDefaultOverlap = std::chrono::days(14);
// Ended ones included: they are kept, so that an old password is known for what it is.
inline constexpr std::size_t kMaxPasswords = 1000;

struct ChangeOptions {
  std::optional<std::array<std::uint8_t, 16>> request_id = std::nullopt;
  bool dry_run = false;  // all is checked, nothing is done
};

struct NewPassword {
  std::string label;
  std::optional<SecretString> own = std::nullopt;  // absent: one is made
  std::int64_t not_before = 0;                     // as in Password
  std::int64_t expires = 0;
  std::uint32_t daily_limit = 0;
};

struct Made {
  Password password;
  std::optional<SecretString> secret = std::nullopt;  // when it was made here, and now
};
struct Rotated {
  Password before;
  Made after;
};
struct PolicyAndVersion {
  Policy policy;
  std::uint64_t version = 0;
};

class PasswordAdmin {
 public:
  PasswordAdmin(PasswordStore& store, PasswordBook& book, const PasswordHasher& hasher, const Clock& clock)
      : store_(store), book_(book), hasher_(hasher), clock_(clock) {}

  // All of them, the oldest first, with their use as the store has it now.
  Result<std::vector<Password>> list();
  // invalid_argument: label, times or an own password that is not to be had (password_rules.hpp). conflict: an active
  // password has this label, or a password is this one. exhausted: there are kMaxPasswords.
  Result<Made> create(const Actor& actor, const NewPassword& request, const ChangeOptions& options);
  // A new password with the label and limits of the old one, which stays valid for `overlap`. `own`: as in NewPassword.
  // not_found: no such password. conflict: it is not active, or has ended.
  Result<Rotated> rotate(const Actor& actor, const std::string& password_id, std::chrono::seconds overlap,
                         const std::optional<SecretString>& own, const ChangeOptions& options);
  // `expires`: seconds since 1970; a time that has passed ends it now. conflict: it is revoked.
  Result<Password> expire(const Actor& actor, const std::string& password_id, std::int64_t expires,
                          const ChangeOptions& options);
  // ok also when it is revoked already.
  Result<Password> revoke(const Actor& actor, const std::string& password_id, const ChangeOptions& options);

  // The first password of a server that has none, from its settings: as it is, whatever its strength. False: there is a
  // password already.
  Result<bool> adopt(const std::string& label, const SecretString& password);

  Result<PolicyAndVersion> policy();
  // invalid_argument: a destination that is neither a host name nor an address prefix. conflict: another version than
  // `expected` (absent: whatever it is).
  Result<std::uint64_t> set_policy(const Actor& actor, const Policy& policy, std::optional<std::uint64_t> expected,
                                   const ChangeOptions& options);

  Result<AuditPage> audit(std::int64_t since, std::uint64_t from, std::size_t limit);
  // `action` was refused to the actor, or failed. Of actors without a role, whom nobody knows, RefusalLimit::kAMinute
  // are written; the next that is written says how many were not.
  void refused(const Actor& actor, const std::string& action, const std::string& reason);
  // Something that another part of the server did for the actor.
  Status record(const Actor& actor, const std::string& action, const std::string& subject, const std::string& reason);

 private:
  struct Draft;  // a change in the making
  template <class Out, class Make>
  Result<Out> change(const Actor& actor, const std::string& action, const ChangeOptions& options, const Make& make);
  Result<Password> new_password(const NewPassword& request, const Verifier& verifier) const;
  Result<Verifier> verifier_of(const std::optional<SecretString>& own, std::optional<SecretString>& made) const;
  Status check_unknown(const Stored& stored, std::string_view password) const;
  [[nodiscard]] std::int64_t now() const { return unix_seconds(clock_.system_now()); }

  PasswordStore& store_;
  PasswordBook& book_;
  const PasswordHasher& hasher_;
  const Clock& clock_;
  RefusalLimit of_unknown_;
};

}  // namespace sotto::auth
