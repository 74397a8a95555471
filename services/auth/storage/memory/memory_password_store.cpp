#include "services/auth/storage/memory/memory_password_store.hpp"

#include <algorithm>

#include "services/auth/domain/apply_change.hpp"

namespace sotto::auth {

Result<Stored> MemoryPasswordStore::load() {
  const std::lock_guard lock(mutex_);
  return stored_;
}

Result<std::uint64_t> MemoryPasswordStore::generation() {
  const std::lock_guard lock(mutex_);
  return stored_.generation;
}

Status MemoryPasswordStore::commit(const Change& change) {
  const std::lock_guard lock(mutex_);
  if (auto status = apply(change, stored_); !status) return status;
  audit_.push_back(change.audit);
  return ok_status();
}

Status MemoryPasswordStore::add_uses(std::span<const Use> uses) {
  const std::lock_guard lock(mutex_);
  auth::apply(uses, stored_);
  return ok_status();
}

Status MemoryPasswordStore::append_audit(const AuditEntry& entry) {
  const std::lock_guard lock(mutex_);
  audit_.push_back(entry);
  return ok_status();
}

Result<AuditPage> MemoryPasswordStore::audit(std::int64_t since, std::uint64_t from, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  AuditPage page;
  auto number = expired_ + audit_.size();
  if (from != 0) number = std::min(number, from);
  for (; number > expired_; --number) {
    const auto& entry = audit_[number - expired_ - 1];
    if (entry.seconds < since) break;
    if (page.entries.size() == limit) {
      page.next = number;
      break;
    }
    page.entries.push_back(entry);
  }
  return page;
}

Result<std::uint64_t> MemoryPasswordStore::expire_audit(std::int64_t before) {
  const std::lock_guard lock(mutex_);
  const auto first =
      std::find_if(audit_.begin(), audit_.end(), [before](const AuditEntry& entry) { return entry.seconds >= before; });
  const auto gone = static_cast<std::uint64_t>(first - audit_.begin());
  audit_.erase(audit_.begin(), first);
  expired_ += gone;
  return gone;
}

}  // namespace sotto::auth
