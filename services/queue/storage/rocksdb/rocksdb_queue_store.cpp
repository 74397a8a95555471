#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"

#include <limits>
#include <utility>

#include "services/queue/storage/rocksdb/rocksdb_queue_transaction.hpp"
#include "services/queue/storage/rocksdb/rows.hpp"

namespace sotto::queue {

Result<std::unique_ptr<RocksDbQueueStore>> RocksDbQueueStore::open(std::shared_ptr<rocks::Database> database) {
  StoreTotals totals;
  const auto key = totals_key();
  auto found = database->read(rocks::Family::queues, key.view(), [&](ByteView value) -> Status {
    auto decoded = decode_totals(value);
    if (!decoded) return decoded.error();
    totals = *decoded;
    return ok_status();
  });
  if (!found) return Error{ErrorCode::configuration, found.error().message};
  return std::unique_ptr<RocksDbQueueStore>(new RocksDbQueueStore(std::move(database), totals));
}

RocksDbQueueStore::RocksDbQueueStore(std::shared_ptr<rocks::Database> database, const StoreTotals& totals)
    : database_(std::move(database)), expiry_floor_(std::numeric_limits<std::int64_t>::min()), totals_(totals) {}

Result<std::unique_ptr<QueueTransaction>> RocksDbQueueStore::begin(std::span<const Touch> /*touched*/) {
  return std::unique_ptr<QueueTransaction>(std::make_unique<RocksDbQueueTransaction>(*this));
}

Result<std::vector<RecipientId>> RocksDbQueueStore::with_messages(std::span<const RecipientId> queues) {
  std::vector<RecipientId> out;
  RocksDbQueueTransaction transaction(*this);
  for (const auto& id : queues) {
    auto state = transaction.state(id);
    if (!state) return state.error();
    if (state->messages > 0) out.push_back(id);
  }
  return out;
}

StoreTotals RocksDbQueueStore::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

void RocksDbQueueStore::set_totals(const StoreTotals& totals) {
  const std::lock_guard lock(mutex_);
  totals_ = totals;
}

Status RocksDbQueueStore::compact() {
  return database_->compact();
}

}  // namespace sotto::queue
