// One transaction of PostgresQueueStore. Private to this folder.
//
// It keeps what it read and wrote as values and sends what changed with commit(), so that a group of operations that
// touches a queue many times reads and writes its rows once, and a message that was appended and removed in one
// transaction is never written.
//
// Locks. The row of a queue that is changed is locked (FOR UPDATE): those that were announced by begin(), in the order
// of their ids; others when they are changed first, and then the row must be as it was read before, or the transaction
// fails. Everything else of a queue is protected by that row. BEGIN is sent with the first lock or the first write;
// reads without it need no transaction.
//
// transaction_reads.cpp has what reads, transaction_writes.cpp what sends changes, transaction_services.cpp what is
// about services.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/postgres/connection.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "services/queue/domain/service_changes.hpp"
#include "services/queue/storage/postgres/change_set.hpp"
#include "services/queue/storage/postgres/rows.hpp"

namespace sotto::queue {

class PostgresQueueStore;

class PostgresQueueTransaction final : public QueueTransaction {
 public:
  explicit PostgresQueueTransaction(PostgresQueueStore& store);
  PostgresQueueTransaction(const PostgresQueueTransaction&) = delete;
  PostgresQueueTransaction& operator=(const PostgresQueueTransaction&) = delete;
  // Rolls back what was not committed, without waiting for it.
  ~PostgresQueueTransaction() override;

  // Reads and locks everything that was announced. Called once, first. The error has the connection's own code.
  Status read(std::span<const Touch> touched);

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
  struct Link {
    bool known = false;
    bool changed = false;
    std::optional<LinkBlob> value;
  };
  // What differs from the row in the database; the larger one covers the smaller ones.
  enum class RecordChange : std::uint8_t { none, sender_key, whole };
  struct Queue {
    bool known = false;   // its row was asked for, or written here
    bool locked = false;  // nobody else can change it
    bool erased = false;  // the database has a row that is to be removed
    bool stored = false;  // the database has the row of `record`
    RecordChange record_change = RecordChange::none;
    RecordPtr record;
    QueueCounters counters;
    QueueCounters stored_counters;  // as in the database, when `stored`
    Link link;
    // Messages of the database that were read, by sequence.
    std::map<std::int64_t, MessagePtr> loaded;
    // Messages that this transaction appended: the first has the sequence `first_appended`, all before it that are not
    // yet removed are in the database. Null pointers for those that were removed again.
    std::int64_t first_appended = 0;
    std::vector<MessagePtr> appended;

    [[nodiscard]] bool changed() const;
  };
  struct IdMap {
    std::optional<RecipientId> queue;
    bool changed = false;
    bool unmaps = false;  // the database has a row that is to be removed
  };
  // Role and id; ordered, so that rows are written in one order.
  using IdKey = std::pair<Role, std::array<std::uint8_t, kIdSize>>;
  struct Announced;
  using Taker = std::function<Status(const postgres::Rows&)>;  // of what a statement returned

  // ---- transaction_reads.cpp. All give the connection's error when the database fails, and remember it.
  Status read_announced(postgres::Pipeline& pipeline, const std::vector<Taker>& takers);
  static Announced sort_out(std::span<const Touch> touched);
  Result<std::vector<postgres::Rows>> run(postgres::Pipeline& pipeline);
  Result<postgres::Rows> run_for_last(postgres::Pipeline& pipeline);
  Result<postgres::Rows> ask(const postgres::Statement& statement, postgres::Params params);
  void begin_with(postgres::Pipeline& pipeline);
  // Takes over queue columns. Queues that are known already are left as they are.
  Status take_queues(const postgres::Rows& rows, bool locked);
  // As take_queues, and by which sender ids they are known.
  Status take_locked(const postgres::Rows& rows);
  Status take_messages(const postgres::Rows& rows, int column);
  Status take_resolved(Role role, const postgres::Rows& rows);
  void set_row(Queue& queue, QueueRow row);
  // The queue with its row, if there is one.
  Result<Queue*> load(const RecipientId& id);
  Result<Queue*> lock(const RecipientId& id);
  // The oldest message is in `loaded` or `appended` afterwards. Precondition: there is one.
  Status load_head(const RecipientId& id, Queue& queue);
  Status expire_queue(const RecipientId& id, Queue& queue, const postgres::Rows& times, std::size_t& row,
                      std::int64_t cutoff, std::size_t limit, Expired& expired);

  // ---- transaction_writes.cpp
  // Whatever is not yet sent; everything counts as stored afterwards.
  void collect_changes(postgres::Pipeline& pipeline);
  void collect_queue(const RecipientId& id, Queue& queue, ChangeSet& changes);
  void collect_services(postgres::Pipeline& pipeline);

  static RecordChange change_of(const QueueRecord& before, const QueueRecord& after);
  void remove_head(Queue& queue);
  static std::optional<MessageId> known_head_id(const Queue& queue);
  IdMap& id_map(Role role, ByteView id);
  void map_id(Role role, ByteView id, const RecipientId& queue);
  void unmap_id(Role role, ByteView id);
  // Remembers that the transaction must not be committed.
  Error failed(Error error);

  PostgresQueueStore& store_;
  // Ordered by id: rows are written, and so locked, in one order.
  std::map<RecipientId, Queue> queues_;
  std::map<IdKey, IdMap> id_maps_;
  ServiceChanges service_changes_;  // not sent yet
  std::int64_t queues_added_ = 0;
  std::int64_t messages_added_ = 0;
  bool begun_ = false;  // BEGIN was sent
  bool sent_ = false;   // and changes
  bool failed_ = false;
};

}  // namespace sotto::queue
