// QueueStore: where queues and messages live, as the domain sees it. Implemented by storage/memory, storage/rocksdb
// (and storage/postgres); one conformance suite (domain/queue_store_conformance.hpp) runs over each.
//
// Owned by the process. A transaction sees its own writes; nothing of it is visible elsewhere or durable before
// commit(). Other processes may use the same store at the same time (storage/postgres): a queue that is changed is
// locked from the first touch to the end of the transaction. Threads: begin() and everything of a transaction is called
// by one thread at a time (the group commit thread); an implementation may rely on it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "libs/backend/id_set.hpp"
#include "libs/backend/record.hpp"
#include "libs/base/result.hpp"

namespace sotto::queue {

using backend::IdSet;
using backend::LinkBlob;
using backend::MessagePtr;
using backend::QueueRecord;
using backend::RecordPtr;
using backend::Role;
using backend::Service;

// Counters of one queue. They change with messages and never touch the record's version.
struct QueueState {
  std::uint32_t messages = 0;  // the quota marker included
  bool full = false;           // the quota marker is there: no message is taken until the queue was emptied
  friend bool operator==(const QueueState&, const QueueState&) = default;
};

// Of the whole store, kept incrementally.
struct StoreTotals {
  std::uint64_t queues = 0;
  std::uint64_t messages = 0;
  friend bool operator==(const StoreTotals&, const StoreTotals&) = default;
};

struct Expired {
  std::uint64_t messages = 0;  // removed by this call
  bool more = false;           // the limit was reached: call again (in another transaction)
};

// Queues of a service, in the order of their ids.
struct ServicePage {
  std::vector<RecipientId> with_messages;  // of those that were looked at
  RecipientId last;                        // that was looked at; all zero: there were none
  bool more = false;                       // the limit was reached
};

// What a transaction will probably ask for, so that a remote store can read and lock it in one round trip; a local one
// ignores it. A hint: whatever was not announced is still answered, only slower.
struct Touch {
  enum class Need : std::uint8_t {
    record,  // find(): the record, by whichever id
    absent,  // resolve(): probably nothing has this id
    fresh,   // likewise, and certainly: it was drawn at random. A store need not look; insert() or commit() refuse then
    state,   // find() and state() of a queue that is not changed
    head,    // and its oldest message
    change,  // find() and state() of a queue that is changed
    pop,     // and head_id(), pop(), and then head(): the message after the one that is removed
  };
  // Other than recipient: only with `record`, `absent` and `fresh`, and sender with `change`.
  Role role = Role::recipient;
  std::array<std::uint8_t, kIdSize> id{};
  Need need = Need::record;
};

// Failures of the engine are `unavailable`; after one, the transaction must be dropped without commit().
class QueueTransaction {
 public:
  virtual ~QueueTransaction() = default;

  // By recipient id; a null pointer when there is no such queue.
  virtual Result<RecordPtr> find(const RecipientId& id) = 0;
  // The recipient id of the queue that has this sender, notifier or link id (role recipient: the id itself, when it
  // exists).
  virtual Result<std::optional<RecipientId>> resolve(Role role, ByteView id) = 0;

  // A new queue with its id maps. Precondition: none of its ids is taken (the domain has asked).
  virtual Status insert(const QueueRecord& record) = 0;
  // Replaces a record and the id maps of notifier and link id where they changed. Precondition: `before` is what find()
  // gives now.
  virtual Status update(const QueueRecord& before, const QueueRecord& after) = 0;
  // Removes the record, id maps, link data, counters and all messages, however many.
  virtual Status erase(const QueueRecord& record) = 0;

  virtual Status put_link(const RecipientId& queue, const LinkBlob& link) = 0;
  virtual Result<std::optional<LinkBlob>> link(const RecipientId& queue) = 0;
  virtual Status erase_link(const RecipientId& queue) = 0;

  virtual Result<QueueState> state(const RecipientId& queue) = 0;
  // Behind all others of the queue. `marks_full`: the message is the quota marker, and sets QueueState::full.
  virtual Status append(const RecipientId& queue, const MessagePtr& message, bool marks_full) = 0;
  // The oldest message; a null pointer when there is none.
  virtual Result<MessagePtr> head(const RecipientId& queue) = 0;
  // Of the oldest message; nothing when there is none.
  virtual Result<std::optional<MessageId>> head_id(const RecipientId& queue) = 0;
  // Removes the oldest message. When none is left afterwards, clears QueueState::full. Precondition: there is one.
  virtual Status pop(const RecipientId& queue) = 0;

  // The service with this certificate: the one that is known, or `service`, which is known from the commit on.
  virtual Result<Service> know_service(const Service& service) = 0;
  // Of the queues and notifiers that belong to the service, as records say. Kept incrementally.
  virtual Result<IdSet> service_ids(const ServiceId& service) = 0;
  // At most `limit` queues of the service behind `after`, as they were when the transaction began, through an index.
  virtual Result<ServicePage> list_service(const ServiceId& service, const RecipientId& after, std::size_t limit) = 0;

  // Removes messages that came before `cutoff` (seconds since 1970), at most `limit` of them, through an index: its
  // cost grows with what is removed and not with what is stored. Clears QueueState::full as pop() does.
  virtual Result<Expired> expire(std::int64_t cutoff, std::size_t limit) = 0;

  // Makes all of it durable and visible, or nothing. The transaction is over afterwards. `conflict`: an id is taken
  // after all; what else is in the transaction may succeed without it.
  virtual Status commit() = 0;
};

class QueueStore {
 public:
  virtual ~QueueStore() = default;
  virtual Result<std::unique_ptr<QueueTransaction>> begin(std::span<const Touch> touched) = 0;
  // Which of these queues have messages now, as committed: outside of any transaction, by the thread of transactions,
  // while none is open.
  virtual Result<std::vector<RecipientId>> with_messages(std::span<const RecipientId> queues) = 0;
  // May be called from any thread.
  [[nodiscard]] virtual StoreTotals totals() const = 0;
  // Drops what deleted messages left on disk, now. Slow; may run beside transactions. ok where there is nothing to do.
  virtual Status compact() = 0;
};

}  // namespace sotto::queue
