#include "services/auth/domain/audit_expiry.hpp"

namespace sotto::auth {

AuditExpiry::AuditExpiry(std::chrono::milliseconds keep, PasswordStore& store, const Clock& clock,
                         std::chrono::milliseconds interval)
    : keep_(keep), store_(store), clock_(clock), interval_(interval) {
  if (keep_.count() != 0) thread_ = std::thread([this] { run(); });
}

AuditExpiry::~AuditExpiry() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AuditExpiry::run() {
  const auto keep = std::chrono::duration_cast<std::chrono::seconds>(keep_).count();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    // What fails now is done the next time.
    static_cast<void>(store_.expire_audit(unix_seconds(clock_.system_now()) - keep));
    lock.lock();
    wake_.wait_for(lock, interval_, [this] { return stopping_; });
  }
}

}  // namespace sotto::auth
