// The rows of the queue store in the embedded database: keys and values of the families `queues` and `messages`, as
// docs/storage.md describes them byte by byte. Pure functions, any thread. Decoding fails with `unavailable` for an
// unknown format version and for damaged rows, never with a guess.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/backend/record.hpp"
#include "libs/base/result.hpp"
#include "libs/rocksdb/row.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

// Format versions of the values, their first byte.
inline constexpr std::uint8_t kRecordFormat = 1;
inline constexpr std::uint8_t kIdMapFormat = 1;
inline constexpr std::uint8_t kLinkFormat = 1;
inline constexpr std::uint8_t kCountersFormat = 1;
inline constexpr std::uint8_t kMessageFormat = 1;
inline constexpr std::uint8_t kTotalsFormat = 1;
inline constexpr std::uint8_t kExpiryFormat = 1;
inline constexpr std::uint8_t kServiceFormat = 1;
inline constexpr std::uint8_t kServiceIdsFormat = 1;
inline constexpr std::uint8_t kServiceQueueFormat = 1;

// What follows the messages of a queue. Messages lie under head, head + 1 … next - 1, without gaps.
struct StoredCounters {
  std::uint64_t head = 0;
  std::uint64_t next = 0;
  bool full = false;
  // The clock stepped back between two messages that may both be there: a message may be older than one before it.
  bool unordered = false;
  // Time (seconds since 1970) of the one entry that the queue has in the expiry index. Never later than the head.
  std::optional<std::int64_t> indexed;
  std::int64_t last_seconds = 0;  // of the newest message
  friend bool operator==(const StoredCounters&, const StoredCounters&) = default;
};

// Keys of the family `queues`.
rocks::RowWriter record_key(const RecipientId& id);
rocks::RowWriter counters_key(const RecipientId& id);
rocks::RowWriter link_key(const RecipientId& id);
// Precondition: role is not recipient.
rocks::RowWriter id_map_key(Role role, ByteView id);
rocks::RowWriter totals_key();
rocks::RowWriter expiry_key(std::int64_t seconds, const RecipientId& id);
// The first key of the index that is not before `seconds`.
rocks::RowWriter expiry_bound(std::int64_t seconds);
rocks::RowWriter service_key(const crypto::Fingerprint& certificate_hash);
rocks::RowWriter service_ids_key(const ServiceId& id);
// The index of the queues of services. The first key of a service, and all of its queues up to `queue`.
rocks::RowWriter service_queue_key(const ServiceId& service, const RecipientId& queue);
// Key of the family `messages`.
rocks::RowWriter message_key(const RecipientId& id, std::uint64_t sequence);

struct ExpiryEntry {
  std::int64_t seconds = 0;
  RecipientId queue;
};
Result<ExpiryEntry> decode_expiry_key(ByteView key);

rocks::RowWriter encode_record(const QueueRecord& record);
Result<RecordPtr> decode_record(const RecipientId& id, ByteView value);
rocks::RowWriter encode_id_map(const RecipientId& id);
Result<RecipientId> decode_id_map(ByteView value);
rocks::RowWriter encode_link(const LinkBlob& link);
Result<LinkBlob> decode_link(ByteView value);
rocks::RowWriter encode_counters(const StoredCounters& counters);
Result<StoredCounters> decode_counters(ByteView value);
rocks::RowWriter encode_totals(const StoreTotals& totals);
Result<StoreTotals> decode_totals(ByteView value);
rocks::RowWriter encode_service(const Service& service);
Result<Service> decode_service(const crypto::Fingerprint& certificate_hash, ByteView value);
rocks::RowWriter encode_service_ids(const IdSet& ids);
Result<IdSet> decode_service_ids(ByteView value);
Result<RecipientId> decode_service_queue_key(ByteView key);
// The value is this, then the body.
rocks::RowWriter encode_message_head(const backend::StoredMessage& message);
Result<MessagePtr> decode_message(ByteView value);
// What is known of a message without copying its body.
struct MessageLabel {
  MessageId id;
  std::int64_t seconds = 0;
};
Result<MessageLabel> decode_message_label(ByteView value);

}  // namespace sotto::queue
