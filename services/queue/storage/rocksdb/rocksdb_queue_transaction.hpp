// One transaction of RocksDbQueueStore. Private to this folder.
//
// It keeps what it read and wrote as values (records, counters, messages), not as bytes: a batch of commands that
// touches a queue many times reads and writes its rows once, nothing is decoded that this transaction wrote itself, and
// a message that was appended and removed in one transaction is never written. (An indexed write batch of the engine
// would copy every 16 KiB body once more and decode the counters with every command.)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/rocksdb/database.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "services/queue/domain/service_changes.hpp"
#include "services/queue/storage/rocksdb/known_queues.hpp"
#include "services/queue/storage/rocksdb/rows.hpp"

namespace sotto::queue {

class RocksDbQueueStore;

class RocksDbQueueTransaction final : public QueueTransaction {
 public:
  explicit RocksDbQueueTransaction(RocksDbQueueStore& store);

  Result<RecordPtr> find(const RecipientId& id) override;
  Result<std::optional<RecipientId>> resolve(Role role, ByteView id) override;
  Status insert(const QueueRecord& record) override;
  Status update(const QueueRecord& before, const QueueRecord& after) override;
  Status erase(const QueueRecord& record) override;
  Status put_link(const RecipientId& queue, const LinkBlob& link) override;
  Result<std::optional<LinkBlob>> link(const RecipientId& queue) override;
  Status erase_link(const RecipientId& queue) override;
  Result<QueueState> state(const RecipientId& queue) override;
  Status append(const RecipientId& queue, const MessagePtr& message, bool marks_full) override;
  Result<MessagePtr> head(const RecipientId& queue) override;
  Result<std::optional<MessageId>> head_id(const RecipientId& queue) override;
  Status pop(const RecipientId& queue) override;
  Result<Service> know_service(const Service& service) override;
  Result<IdSet> service_ids(const ServiceId& service) override;
  Result<ServicePage> list_service(const ServiceId& service, const RecipientId& after, std::size_t limit) override;
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override;
  Status commit() override;

 private:
  // A row of which this transaction may know the value, and which it may have changed.
  template <class T>
  struct Row {
    bool known = false;
    bool changed = false;
    T value{};
    void set(T to) {
      known = changed = true;
      value = std::move(to);
    }
  };
  struct Queue {
    Row<RecordPtr> record;
    Row<std::optional<LinkBlob>> link;
    Row<StoredCounters> counters;
    std::optional<std::int64_t> stored_index;  // the entry of the expiry index in the database
    bool stored_counters = false;              // there is a counters row in the database
    // Messages that this transaction appended: the first has the sequence `first_appended`, all before it that are not
    // yet removed are in the database. Null pointers for those that were removed again.
    std::uint64_t first_appended = 0;
    std::vector<MessagePtr> appended;
  };

  // All give unavailable when the engine fails.
  Result<Queue*> with_counters(const RecipientId& id);
  Status load_record(const RecipientId& id, Queue& queue);
  Result<KnownQueue::Counters> read_counters(const RecipientId& id);
  // Of the oldest message. Precondition: there is one.
  Result<MessageLabel> head_label(const RecipientId& id, const Queue& queue);
  void remove_head(const RecipientId& id, Queue& queue);
  Status expire_queue(const RecipientId& id, Queue& queue, std::int64_t cutoff, std::size_t limit, Expired& expired);
  void map_id(Role role, ByteView id, std::optional<RecipientId> queue);
  void write_queue(const RecipientId& id, const Queue& queue);
  // What was committed.
  void remember(const RecipientId& id, const Queue& queue);
  // Of the database, without what this transaction changed.
  Result<IdSet> stored_service_ids(const ServiceId& service);
  Status write_services();
  // Remembers that the transaction must not be committed.
  Error failed(Error error);

  RocksDbQueueStore& store_;
  rocks::WriteBatch batch_;  // removals of messages at once, everything else at commit()
  std::unordered_map<RecipientId, Queue> queues_;
  std::unordered_map<std::string, std::optional<RecipientId>> id_maps_;  // by key; changed ones only
  std::map<crypto::Fingerprint, Service> new_services_;
  ServiceChanges service_changes_;
  std::int64_t queues_added_ = 0;
  std::int64_t messages_added_ = 0;
  std::optional<std::int64_t> expired_before_;  // expire() removed all index entries before this time
  bool failed_ = false;
};

}  // namespace sotto::queue
