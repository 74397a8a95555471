// MemoryPasswordStore: the PasswordStore of tests and of a server that keeps nothing. Any thread.
#pragma once

#include <mutex>
#include <vector>

#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

class MemoryPasswordStore final : public PasswordStore {
 public:
  Result<Stored> load() override;
  Result<std::uint64_t> generation() override;
  Status commit(const Change& change) override;
  Status add_uses(std::span<const Use> uses) override;
  Status append_audit(const AuditEntry& entry) override;
  Result<AuditPage> audit(std::int64_t since, std::uint64_t from, std::size_t limit) override;
  Result<std::uint64_t> expire_audit(std::int64_t before) override;

 private:
  std::mutex mutex_;
  // Guarded by mutex_.
  Stored stored_;
  std::vector<AuditEntry> audit_;  // oldest first; the number of an entry is its place, from 1 on
  std::uint64_t expired_ = 0;      // entries before audit_.front()
};

}  // namespace sotto::auth
