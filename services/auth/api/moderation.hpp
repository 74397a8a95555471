// Moderation: whether an administrator may do something with a queue. What is allowed is audited before it is done:
// what cannot be audited is not done. Blocking is limited a day (UTC), and so is deleting: what all administrators did
// counts, and stops those without the role admin: a mistake, or a stolen token, ends there. Owned by who serves queues
// to administrators; any thread; calls may wait for the store.
#pragma once

#include <mutex>

#include "libs/base/clock.hpp"
#include "services/auth/api/admin_access.hpp"

namespace sotto::auth {

class Moderation {
 public:
  // What is given must outlive it. `daily_limit`: 0: none.
  Moderation(const AdminAccess& access, PasswordAdmin& audit, std::uint32_t daily_limit, const Clock& clock)
      : access_(access), audit_(audit), daily_limit_(daily_limit), clock_(clock) {}

  enum class Kind : std::uint8_t {
    look,     // role viewer; not audited
    undo,     // role moderator
    limited,  // role moderator; counts
    operate,  // role operator
  };
  // Errors: those of AdminAccess; RESOURCE_EXHAUSTED: the limit; UNAVAILABLE: the audit cannot be written. `subject`:
  // never an id of a queue.
  grpc::Status admit(const grpc::ServerContextBase& context, Kind kind, const std::string& action,
                     const std::string& subject);

 private:
  // How often `action` was done today. With mutex_ held.
  Result<std::uint32_t> done_today(const std::string& action);

  const AdminAccess& access_;
  PasswordAdmin& audit_;
  const std::uint32_t daily_limit_;
  const Clock& clock_;
  std::mutex mutex_;  // from counting to the entry that counts
};

}  // namespace sotto::auth
