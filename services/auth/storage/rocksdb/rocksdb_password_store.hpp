// RocksDbPasswordStore: the PasswordStore of a standalone server, in the family `auth` of the embedded database
// (docs/storage.md). Passwords and policy are kept in memory, too; audit entries are read when they are asked for.
// A change is one synced write; uses are buffered. Owned by the process, shares the Database; any thread.
#pragma once

#include <memory>
#include <mutex>

#include "libs/rocksdb/database.hpp"
#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

class RocksDbPasswordStore final : public PasswordStore {
 public:
  // configuration: what the database holds has a format that this program does not know.
  static Result<std::unique_ptr<RocksDbPasswordStore>> open(std::shared_ptr<rocks::Database> database);

  Result<Stored> load() override;
  Result<std::uint64_t> generation() override;
  Status commit(const Change& change) override;
  Status add_uses(std::span<const Use> uses) override;
  Status append_audit(const AuditEntry& entry) override;
  Result<AuditPage> audit(std::int64_t since, std::uint64_t from, std::size_t limit) override;
  Result<std::uint64_t> expire_audit(std::int64_t before) override;

 private:
  explicit RocksDbPasswordStore(std::shared_ptr<rocks::Database> database) : database_(std::move(database)) {}
  Status read();

  const std::shared_ptr<rocks::Database> database_;
  std::mutex mutex_;
  // Guarded by mutex_.
  Stored stored_;
  std::uint64_t last_audit_ = 0;  // number of the newest entry; 0: there is none
};

}  // namespace sotto::auth
