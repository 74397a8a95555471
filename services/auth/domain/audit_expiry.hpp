// AuditExpiry: removes audit entries that are older than they are to be kept, once at the start and then now and then.
// Several processes may do so over one store. Owned by the process; made and destroyed by one thread. The store is
// asked from a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/base/clock.hpp"
#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

class AuditExpiry {
 public:
  // `keep`: 0: for ever. Store and clock must outlive it.
  AuditExpiry(std::chrono::milliseconds keep, PasswordStore& store, const Clock& clock,
              std::chrono::milliseconds interval = std::chrono::hours(1));
  // Waits for a run that is under way.
  ~AuditExpiry();
  AuditExpiry(const AuditExpiry&) = delete;
  AuditExpiry& operator=(const AuditExpiry&) = delete;

 private:
  void run();

  const std::chrono::milliseconds keep_;
  PasswordStore& store_;
  const Clock& clock_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace sotto::auth
