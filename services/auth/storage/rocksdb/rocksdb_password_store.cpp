#include "services/auth/storage/rocksdb/rocksdb_password_store.hpp"

#include <algorithm>
#include <map>

#include "services/auth/domain/apply_change.hpp"
#include "services/auth/storage/rocksdb/rows.hpp"

namespace sotto::auth {

using rocks::Durability;
using rocks::Family;

Result<std::unique_ptr<RocksDbPasswordStore>> RocksDbPasswordStore::open(std::shared_ptr<rocks::Database> database) {
  std::unique_ptr<RocksDbPasswordStore> store(new RocksDbPasswordStore(std::move(database)));
  if (auto status = store->read(); !status) return Error{ErrorCode::configuration, status.error().message};
  return store;
}

Status RocksDbPasswordStore::read() {
  auto& stored = stored_;
  const auto policy =
      database_->read(Family::auth, policy_key().view(), [&](ByteView value) { return decode_policy(value, stored); });
  if (!policy) return policy.error();
  auto status = database_->scan(Family::auth, password_key("").view(), passwords_end().view(),
                                [&](ByteView /*key*/, ByteView value) -> Result<bool> {
                                  auto password = decode_password(value);
                                  if (!password) return password.error();
                                  stored.passwords.push_back(*std::move(password));
                                  return true;
                                });
  if (!status) return status;
  for (auto& password : stored.passwords) {
    const auto use = database_->read(Family::auth, use_key(password.id).view(),
                                     [&](ByteView value) { return decode_use(value, password); });
    if (!use) return use.error();
  }
  std::stable_sort(stored.passwords.begin(), stored.passwords.end(),
                   [](const Password& a, const Password& b) { return a.created < b.created; });
  status = database_->scan(Family::auth, done_key({}).view(), done_end().view(),
                           [&](ByteView key, ByteView value) -> Result<bool> {
                             auto done = decode_done(key.subspan(1), value);
                             if (!done) return done.error();
                             stored.done.push_back(*std::move(done));
                             return true;
                           });
  if (!status) return status;
  return database_->scan(Family::auth, audit_key(~std::uint64_t{0}).view(), audit_end().view(),
                         [&](ByteView key, ByteView /*value*/) -> Result<bool> {
                           last_audit_ = audit_number(key);
                           return false;
                         });
}

Result<Stored> RocksDbPasswordStore::load() {
  const std::lock_guard lock(mutex_);
  return stored_;
}

Result<std::uint64_t> RocksDbPasswordStore::generation() {
  const std::lock_guard lock(mutex_);
  return stored_.generation;
}

Status RocksDbPasswordStore::commit(const Change& change) {
  const std::lock_guard lock(mutex_);
  auto after = stored_;
  if (auto status = apply(change, after); !status) return status;
  rocks::WriteBatch batch(*database_);
  batch.put(Family::auth, policy_key().view(), encode_policy(after).view());
  for (const auto& password : change.passwords) {
    batch.put(Family::auth, password_key(password.id).view(), encode_password(password).view());
  }
  for (const auto& done : stored_.done) {
    if (done.seconds < change.forget_done_before) batch.remove(Family::auth, done_key(done.id).view());
  }
  if (change.done) batch.put(Family::auth, done_key(change.done->id).view(), encode_done(*change.done).view());
  batch.put(Family::auth, audit_key(last_audit_ + 1).view(), encode_audit(change.audit).view());
  if (auto written = database_->write(batch, Durability::synced); !written) return written;
  stored_ = std::move(after);
  ++last_audit_;
  return ok_status();
}

Status RocksDbPasswordStore::add_uses(std::span<const Use> uses) {
  const std::lock_guard lock(mutex_);
  auto after = stored_;
  auth::apply(uses, after);
  rocks::WriteBatch batch(*database_);
  for (const auto& password : after.passwords) {
    const bool used =
        std::any_of(uses.begin(), uses.end(), [&](const Use& use) { return use.password_id == password.id; });
    if (used) batch.put(Family::auth, use_key(password.id).view(), encode_use(password).view());
  }
  if (batch.empty()) return ok_status();
  if (auto written = database_->write(batch, Durability::buffered); !written) return written;
  stored_ = std::move(after);
  return ok_status();
}

Status RocksDbPasswordStore::append_audit(const AuditEntry& entry) {
  const std::lock_guard lock(mutex_);
  rocks::WriteBatch batch(*database_);
  batch.put(Family::auth, audit_key(last_audit_ + 1).view(), encode_audit(entry).view());
  if (auto written = database_->write(batch, Durability::synced); !written) return written;
  ++last_audit_;
  return ok_status();
}

Result<AuditPage> RocksDbPasswordStore::audit(std::int64_t since, std::uint64_t from, std::size_t limit) {
  AuditPage page;
  const auto first = audit_key(from != 0 ? from : ~std::uint64_t{0});
  auto status = database_->scan(Family::auth, first.view(), audit_end().view(),
                                [&](ByteView key, ByteView value) -> Result<bool> {
                                  auto entry = decode_audit(value);
                                  if (!entry) return entry.error();
                                  if (entry->seconds < since) return false;
                                  if (page.entries.size() == limit) {
                                    page.next = audit_number(key);
                                    return false;
                                  }
                                  page.entries.push_back(*std::move(entry));
                                  return true;
                                });
  if (!status) return status.error();
  return page;
}

Result<std::uint64_t> RocksDbPasswordStore::expire_audit(std::int64_t before) {
  std::vector<std::uint64_t> old;
  auto status = database_->scan(Family::auth, audit_key(~std::uint64_t{0}).view(), audit_end().view(),
                                [&](ByteView key, ByteView value) -> Result<bool> {
                                  auto entry = decode_audit(value);
                                  if (!entry) return entry.error();
                                  if (entry->seconds < before) old.push_back(audit_number(key));
                                  return true;
                                });
  if (!status) return status.error();
  if (old.empty()) return std::uint64_t{0};
  rocks::WriteBatch batch(*database_);
  for (const auto number : old) batch.remove(Family::auth, audit_key(number).view());
  if (auto written = database_->write(batch, Durability::buffered); !written) return written.error();
  return static_cast<std::uint64_t>(old.size());
}

}  // namespace sotto::auth
