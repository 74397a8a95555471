// The rows of the PostgreSQL store as values: what the statements return, and the arrays that they take. Pure functions
// and builders; no thread rules of their own. Decoding fails with `unavailable` for damaged rows, for secrets that do
// not open and for values that this program does not know, never with a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/params.hpp"
#include "libs/postgres/rows.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

// What follows the messages of a queue. Messages have the sequences head, head + 1 … next - 1, without gaps.
struct QueueCounters {
  std::int64_t head = 0;
  std::int64_t next = 0;
  std::optional<MessageId> head_id;  // nothing: no message, or not known
  bool full = false;
  // The clock stepped back between two messages that may both be there: a message may be older than one before it.
  bool unordered = false;
  std::int64_t last_seconds = 0;  // of the newest message
  // Where the queue is in the expiry index. Never later than the head.
  std::optional<std::int64_t> expires_from;

  [[nodiscard]] bool empty() const { return head == next; }
  friend bool operator==(const QueueCounters&, const QueueCounters&) = default;
};

struct QueueRow {
  RecordPtr record;
  QueueCounters counters;
};
// Number of queue columns (statements.hpp): the first column of whatever else a statement returns.
inline constexpr int kQueueColumns = 24;
Result<QueueRow> decode_queue(const postgres::Rows& rows, std::size_t row, const crypto::KeyRing& keys);
// Of any column. Precondition: not NULL.
Result<RecipientId> decode_recipient(const postgres::Rows& rows, std::size_t row, int column);
Result<MessageId> decode_message_id(const postgres::Rows& rows, std::size_t row, int column);

struct MessageRow {
  RecipientId queue;
  std::int64_t sequence = 0;
  MessagePtr message;
};
// The messages whose parts are in `rows`, in any order; message columns begin with `column`. Rows where they are NULL
// hold none.
Result<std::vector<MessageRow>> decode_messages(const postgres::Rows& rows, int column);

// "a queue in the database is damaged: …"
Error damaged(const char* what);

// As in a column: one byte of kind and the raw bytes.
Bytes encode_key(const crypto::PublicKey& key);

// Parameters of kInsertQueues (record and counters) and kUpdateRecords (record).
class RecordArrays {
 public:
  void add(const QueueRecord& record, const crypto::KeyRing& keys);
  [[nodiscard]] bool empty() const { return ids_.size() == 0; }
  postgres::Params take() &&;

 private:
  using Array = postgres::Array;
  Array ids_{Array::Element::bytea};
  Array versions_{Array::Element::int8};
  Array sender_ids_{Array::Element::bytea};
  Array modes_{Array::Element::int2};
  Array statuses_{Array::Element::int2};
  Array blocking_reasons_{Array::Element::int2};
  Array blocking_notices_{Array::Element::text};
  Array recipient_keys_{Array::Element::bytea};
  Array sender_keys_{Array::Element::bytea};
  Array notifier_ids_{Array::Element::bytea};
  Array notifier_keys_{Array::Element::bytea};
  Array link_ids_{Array::Element::bytea};
  Array sealing_keys_{Array::Element::int4};
  Array recipient_secrets_{Array::Element::bytea};
  Array notifier_secrets_{Array::Element::bytea};
  Array recipient_services_{Array::Element::bytea};
  Array notifier_services_{Array::Element::bytea};
};

// The counters of kInsertQueues and kUpdateCounters, without the ids.
class CounterArrays {
 public:
  void add(const QueueCounters& counters);
  // Behind what `params` has.
  void append_to(postgres::Params& params) &&;

 private:
  using Array = postgres::Array;
  Array heads_{Array::Element::int8};
  Array nexts_{Array::Element::int8};
  Array head_ids_{Array::Element::bytea};
  Array fulls_{Array::Element::boolean};
  Array unordered_{Array::Element::boolean};
  Array last_seconds_{Array::Element::int8};
  Array expires_from_{Array::Element::int8};
};

// Parameters of kInsertMessages.
class MessageArrays {
 public:
  // `messages` and `bytes`: how many there will be, and how long their bodies are together.
  MessageArrays(std::size_t messages, std::size_t bytes);
  void add(const RecipientId& queue, std::int64_t sequence, const backend::StoredMessage& message);
  postgres::Params take() &&;

 private:
  using Array = postgres::Array;
  Array ids_;
  Array sequences_;
  Array parts_;
  Array kinds_;
  Array seconds_;
  Array message_ids_;
  Array bodies_;
};

}  // namespace sotto::queue
