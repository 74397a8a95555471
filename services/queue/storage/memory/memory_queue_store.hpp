// MemoryQueueStore: a QueueStore that forgets everything when it is destroyed. For tests and for servers that are to
// leave nothing on disk (--ephemeral).
//
// Owned by the process; outlives its transactions. At most one transaction at a time. totals() may be called from any
// thread, everything else by one thread at a time.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

class MemoryQueueStore final : public QueueStore {
 public:
  MemoryQueueStore() = default;
  MemoryQueueStore(const MemoryQueueStore&) = delete;
  MemoryQueueStore& operator=(const MemoryQueueStore&) = delete;

  // Ignores `touched`.
  Result<std::unique_ptr<QueueTransaction>> begin(std::span<const Touch> touched) override;
  Result<std::vector<RecipientId>> with_messages(std::span<const RecipientId> queues) override;
  [[nodiscard]] StoreTotals totals() const override;
  // Memory is freed with the message: nothing to do.
  Status compact() override { return ok_status(); }

 private:
  class Transaction;

  struct Queue {
    RecordPtr record;
    std::optional<LinkBlob> link;
    // In order, oldest first. A vector although messages leave at the front: a queue without messages holds no memory
    // for them, and the quota keeps the moves short.
    std::vector<MessagePtr> messages;
    bool full = false;
  };

  std::unordered_map<RecipientId, Queue> queues_;
  std::unordered_map<SenderId, RecipientId> senders_;
  std::unordered_map<NotifierId, RecipientId> notifiers_;
  std::unordered_map<LinkId, RecipientId> links_;
  // How many messages of which second each queue holds: buckets of one second and one queue.
  std::map<std::pair<std::int64_t, RecipientId>, std::uint32_t> by_second_;

  struct ServiceQueues {
    IdSet ids;
    std::set<RecipientId> queues;
  };
  std::map<crypto::Fingerprint, Service> services_;  // by certificate
  std::unordered_map<ServiceId, ServiceQueues> service_queues_;

  std::atomic<std::uint64_t> total_queues_{0};
  std::atomic<std::uint64_t> total_messages_{0};
};

}  // namespace sotto::queue
