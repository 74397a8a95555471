// RocksDbQueueStore: the QueueStore of a standalone server, in the families `queues` and `messages` of the embedded
// database. A commit is one synced write. See docs/storage.md for its rows, services/queue/domain/queue_store.hpp for
// the contract.
//
// Owned by the process, shares the Database. Transactions: one at a time, by one thread; a transaction must not outlive
// its store. totals() and compact(): any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "libs/rocksdb/database.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "services/queue/storage/rocksdb/known_queues.hpp"

namespace sotto::queue {

class RocksDbQueueStore final : public QueueStore {
 public:
  // configuration: what the database holds has a format that this program does not know. Reads one row, whatever the
  // number of queues.
  static Result<std::unique_ptr<RocksDbQueueStore>> open(std::shared_ptr<rocks::Database> database);

  Result<std::unique_ptr<QueueTransaction>> begin(std::span<const Touch> touched) override;
  Result<std::vector<RecipientId>> with_messages(std::span<const RecipientId> queues) override;
  [[nodiscard]] StoreTotals totals() const override;
  Status compact() override;

 private:
  friend class RocksDbQueueTransaction;
  RocksDbQueueStore(std::shared_ptr<rocks::Database> database, const StoreTotals& totals);
  void set_totals(const StoreTotals& totals);

  // Constant after construction.
  const std::shared_ptr<rocks::Database> database_;

  // Of the thread that has the transaction. No entry of the expiry index is before this time (seconds since 1970), so
  // that expire() does not walk over the remains of entries that it removed before.
  std::int64_t expiry_floor_;
  KnownQueues known_;

  mutable std::mutex mutex_;
  StoreTotals totals_;  // guarded by mutex_
};

}  // namespace sotto::queue
