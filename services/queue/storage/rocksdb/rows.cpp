#include "services/queue/storage/rocksdb/rows.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace sotto::queue {
namespace {

using rocks::RowReader;
using rocks::RowWriter;

// First byte of a key of the family `queues`. Rows of one queue lie side by side, so that a command that needs record
// and counters reads one block. The numbers are stored: never reuse one.
enum class KeyKind : char {
  queue = 'q',
  sender = 's',
  notifier = 'n',
  link = 'l',
  expiry = 'x',
  totals = 't',
  service = 'v',
  service_ids = 'u',
  service_queue = 'i'
};
// Last byte of a `queue` key.
enum class QueueRow : char { record = 'r', counters = 'c', link = 'l' };

RowWriter start(KeyKind kind) {
  return RowWriter(static_cast<std::uint8_t>(kind));
}

RowWriter queue_key(const RecipientId& id, QueueRow row) {
  return start(KeyKind::queue).raw(id.view()).u8(static_cast<std::uint8_t>(row));
}

// Bits of the record's flags.
constexpr std::uint8_t kHasSenderKey = 1;
constexpr std::uint8_t kHasNotifier = 2;
constexpr std::uint8_t kHasLinkId = 4;
constexpr std::uint8_t kHasService = 8;
constexpr std::uint8_t kHasNotifierService = 16;
constexpr std::uint8_t kRecordFlags = kHasSenderKey | kHasNotifier | kHasLinkId | kHasService | kHasNotifierService;
// Bits of the counters' flags.
constexpr std::uint8_t kFull = 1;
constexpr std::uint8_t kIndexed = 2;
constexpr std::uint8_t kUnordered = 4;

constexpr std::string_view kRecordName = "a queue record";
constexpr std::string_view kIdMapName = "an id map row";
constexpr std::string_view kLinkName = "a link row";
constexpr std::string_view kCountersName = "a counters row";
constexpr std::string_view kMessageName = "a message";
constexpr std::string_view kTotalsName = "the totals row";
constexpr std::string_view kExpiryName = "an expiry row";
constexpr std::string_view kServiceName = "a service row";
constexpr std::string_view kServiceIdsName = "a row of a service's ids";
constexpr std::string_view kServiceQueueName = "a row of a service's queue";

void write_key(RowWriter& row, const crypto::PublicKey& key) {
  row.u8(static_cast<std::uint8_t>(key.kind())).raw(key.raw());
}

Result<crypto::PublicKey> read_key(RowReader& row) {
  const std::uint8_t kind = row.u8();
  if (kind < 1 || kind > 3) return RowReader::damaged(kRecordName);
  const auto known = static_cast<crypto::KeyKind>(kind);
  auto key = crypto::PublicKey::from_raw(known, row.raw(crypto::raw_key_size(known)));
  if (!key) return RowReader::damaged(kRecordName);
  return key;
}

template <class IdType>
IdType read_id(RowReader& row) {
  return IdType{row.array<kIdSize>()};
}

std::uint8_t bit(bool set, std::uint8_t value) {
  return set ? value : std::uint8_t{0};
}

}  // namespace

RowWriter record_key(const RecipientId& id) {
  return queue_key(id, QueueRow::record);
}
RowWriter counters_key(const RecipientId& id) {
  return queue_key(id, QueueRow::counters);
}
RowWriter link_key(const RecipientId& id) {
  return queue_key(id, QueueRow::link);
}

RowWriter id_map_key(Role role, ByteView id) {
  const KeyKind kind = role == Role::sender     ? KeyKind::sender
                       : role == Role::notifier ? KeyKind::notifier
                                                : KeyKind::link;
  return start(kind).raw(id);
}

RowWriter totals_key() {
  return start(KeyKind::totals);
}
RowWriter expiry_bound(std::int64_t seconds) {
  return start(KeyKind::expiry).i64(seconds);
}
RowWriter expiry_key(std::int64_t seconds, const RecipientId& id) {
  return expiry_bound(seconds).raw(id.view());
}
RowWriter service_key(const crypto::Fingerprint& certificate_hash) {
  return start(KeyKind::service).raw(certificate_hash);
}
RowWriter service_ids_key(const ServiceId& id) {
  return start(KeyKind::service_ids).raw(id.view());
}
RowWriter service_queue_key(const ServiceId& service, const RecipientId& queue) {
  return start(KeyKind::service_queue).raw(service.view()).raw(queue.view());
}
RowWriter message_key(const RecipientId& id, std::uint64_t sequence) {
  return RowWriter().raw(id.view()).u64(sequence);
}

Result<ExpiryEntry> decode_expiry_key(ByteView key) {
  RowReader row(key);
  ExpiryEntry entry;
  row.u8();
  entry.seconds = row.i64();
  entry.queue = read_id<RecipientId>(row);
  if (auto done = row.finish(kExpiryName); !done) return done.error();
  return entry;
}

RowWriter encode_record(const QueueRecord& record) {
  RowWriter row(kRecordFormat);
  row.raw(record.sender_id.view());
  row.u64(record.version);
  row.u8(static_cast<std::uint8_t>(record.mode));
  row.u8(static_cast<std::uint8_t>(record.status));
  row.u8(static_cast<std::uint8_t>(record.blocking.reason));
  row.u8(static_cast<std::uint8_t>(
      bit(record.sender_key.has_value(), kHasSenderKey) | bit(record.notifier.has_value(), kHasNotifier) |
      bit(record.link_id.has_value(), kHasLinkId) | bit(record.service.has_value(), kHasService) |
      bit(record.notifier && record.notifier->service, kHasNotifierService)));
  row.raw(record.recipient_box_key.expose());
  row.u16(static_cast<std::uint16_t>(record.recipient_keys.size()));
  for (const auto& key : record.recipient_keys) write_key(row, key);
  if (record.sender_key) write_key(row, *record.sender_key);
  if (record.notifier) {
    row.raw(record.notifier->id.view());
    write_key(row, record.notifier->key);
    row.raw(record.notifier->box_key.expose());
  }
  if (record.link_id) row.raw(record.link_id->view());
  if (record.service) row.raw(record.service->view());
  if (record.notifier && record.notifier->service) row.raw(record.notifier->service->view());
  row.raw(as_bytes(record.blocking.notice_json));
  return row;
}

Result<RecordPtr> decode_record(const RecipientId& id, ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kRecordFormat, kRecordName); !known) return known.error();
  auto record = std::make_shared<QueueRecord>();
  record->recipient_id = id;
  record->sender_id = read_id<SenderId>(row);
  record->version = row.u64();
  const std::uint8_t mode = row.u8();
  const std::uint8_t status = row.u8();
  const std::uint8_t reason = row.u8();
  const std::uint8_t flags = row.u8();
  if (mode > static_cast<std::uint8_t>(backend::QueueMode::contact) ||
      status > static_cast<std::uint8_t>(backend::QueueStatus::blocked) ||
      reason > static_cast<std::uint8_t>(backend::BlockingReason::content) || (flags & ~kRecordFlags) != 0) {
    return RowReader::damaged(kRecordName);
  }
  record->mode = static_cast<backend::QueueMode>(mode);
  record->status = static_cast<backend::QueueStatus>(status);
  record->blocking.reason = static_cast<backend::BlockingReason>(reason);
  record->recipient_box_key = crypto::BoxKey::from_stored(row.raw(32));
  const std::uint16_t keys = row.u16();
  for (std::uint16_t i = 0; i < keys; ++i) {
    auto key = read_key(row);
    if (!key) return key.error();
    record->recipient_keys.push_back(*key);
  }
  if ((flags & kHasSenderKey) != 0) {
    auto key = read_key(row);
    if (!key) return key.error();
    record->sender_key = *key;
  }
  if ((flags & kHasNotifier) != 0) {
    const auto notifier_id = read_id<NotifierId>(row);
    auto key = read_key(row);
    if (!key) return key.error();
    record->notifier = backend::Notifier{notifier_id, *key, crypto::BoxKey::from_stored(row.raw(32))};
  }
  if ((flags & kHasLinkId) != 0) record->link_id = read_id<LinkId>(row);
  if ((flags & kHasService) != 0) record->service = read_id<ServiceId>(row);
  if ((flags & kHasNotifierService) != 0) {
    if (!record->notifier) return RowReader::damaged(kRecordName);
    record->notifier->service = read_id<ServiceId>(row);
  }
  record->blocking.notice_json = std::string(as_text(row.rest()));
  if (auto done = row.finish(kRecordName); !done) return done.error();
  return RecordPtr(std::move(record));
}

RowWriter encode_id_map(const RecipientId& id) {
  return RowWriter(kIdMapFormat).raw(id.view());
}

Result<RecipientId> decode_id_map(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kIdMapFormat, kIdMapName); !known) return known.error();
  const auto id = read_id<RecipientId>(row);
  if (auto done = row.finish(kIdMapName); !done) return done.error();
  return id;
}

RowWriter encode_link(const LinkBlob& link) {
  return RowWriter(kLinkFormat).sized(link.fixed).raw(link.user);
}

Result<LinkBlob> decode_link(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kLinkFormat, kLinkName); !known) return known.error();
  LinkBlob link;
  link.fixed = to_bytes(row.sized());
  link.user = to_bytes(row.rest());
  if (auto done = row.finish(kLinkName); !done) return done.error();
  return link;
}

RowWriter encode_counters(const StoredCounters& counters) {
  return RowWriter(kCountersFormat)
      .u8(static_cast<std::uint8_t>(bit(counters.full, kFull) | bit(counters.indexed.has_value(), kIndexed) |
                                    bit(counters.unordered, kUnordered)))
      .u64(counters.head)
      .u64(counters.next)
      .i64(counters.indexed.value_or(0))
      .i64(counters.last_seconds);
}

Result<StoredCounters> decode_counters(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kCountersFormat, kCountersName); !known) return known.error();
  const std::uint8_t flags = row.u8();
  StoredCounters counters;
  counters.head = row.u64();
  counters.next = row.u64();
  const std::int64_t indexed = row.i64();
  counters.last_seconds = row.i64();
  if (auto done = row.finish(kCountersName); !done) return done.error();
  if (flags > (kFull | kIndexed | kUnordered) || counters.head > counters.next) {
    return RowReader::damaged(kCountersName);
  }
  counters.full = (flags & kFull) != 0;
  counters.unordered = (flags & kUnordered) != 0;
  if ((flags & kIndexed) != 0) counters.indexed = indexed;
  return counters;
}

RowWriter encode_totals(const StoreTotals& totals) {
  return RowWriter(kTotalsFormat).u64(totals.queues).u64(totals.messages);
}

Result<StoreTotals> decode_totals(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kTotalsFormat, kTotalsName); !known) return known.error();
  StoreTotals totals;
  totals.queues = row.u64();
  totals.messages = row.u64();
  if (auto done = row.finish(kTotalsName); !done) return done.error();
  return totals;
}

RowWriter encode_service(const Service& service) {
  return RowWriter(kServiceFormat).raw(service.id.view()).u8(static_cast<std::uint8_t>(service.role));
}

Result<Service> decode_service(const crypto::Fingerprint& certificate_hash, ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kServiceFormat, kServiceName); !known) return known.error();
  Service service;
  service.id = read_id<ServiceId>(row);
  service.role = static_cast<char>(row.u8());
  service.certificate_hash = certificate_hash;
  if (auto done = row.finish(kServiceName); !done) return done.error();
  return service;
}

RowWriter encode_service_ids(const IdSet& ids) {
  return RowWriter(kServiceIdsFormat).i64(ids.count).raw(ids.hash);
}

Result<IdSet> decode_service_ids(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kServiceIdsFormat, kServiceIdsName); !known) return known.error();
  IdSet ids;
  ids.count = row.i64();
  ids.hash = row.array<std::tuple_size_v<backend::IdsHash>>();
  if (auto done = row.finish(kServiceIdsName); !done) return done.error();
  return ids;
}

Result<RecipientId> decode_service_queue_key(ByteView key) {
  RowReader row(key);
  row.u8();
  row.raw(kIdSize);
  const auto queue = read_id<RecipientId>(row);
  if (auto done = row.finish(kServiceQueueName); !done) return done.error();
  return queue;
}

RowWriter encode_message_head(const backend::StoredMessage& message) {
  return RowWriter(kMessageFormat)
      .raw(message.id.view())
      .i64(message.seconds)
      .u8(static_cast<std::uint8_t>(message.kind));
}

Result<MessagePtr> decode_message(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kMessageFormat, kMessageName); !known) return known.error();
  auto message = std::make_shared<backend::StoredMessage>();
  message->id = read_id<MessageId>(row);
  message->seconds = row.i64();
  const std::uint8_t kind = row.u8();
  if (kind > static_cast<std::uint8_t>(backend::MessageKind::quota)) return RowReader::damaged(kMessageName);
  message->kind = static_cast<backend::MessageKind>(kind);
  message->body = to_bytes(row.rest());
  if (auto done = row.finish(kMessageName); !done) return done.error();
  return MessagePtr(std::move(message));
}

Result<MessageLabel> decode_message_label(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kMessageFormat, kMessageName); !known) return known.error();
  MessageLabel label;
  label.id = read_id<MessageId>(row);
  label.seconds = row.i64();
  row.u8();
  row.rest();
  if (auto done = row.finish(kMessageName); !done) return done.error();
  return label;
}

}  // namespace sotto::queue
