#include "services/queue/storage/postgres/rows.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "services/queue/migrations/secret_context.hpp"

namespace sotto::queue {
namespace {

using crypto::KeyKind;
using crypto::PublicKey;
using postgres::Rows;

// So much of a body fits into a row that stays in its page (8160 bytes with its header and the other columns). Part 0
// has the message's id and time besides.
constexpr std::size_t kFirstPartSize = 8048;
constexpr std::size_t kPartSize = 8080;

void append_key(Bytes& out, const PublicKey& key) {
  out.push_back(static_cast<std::uint8_t>(key.kind()));
  append(out, key.raw());
}

Result<std::vector<PublicKey>> decode_keys(ByteView bytes) {
  std::vector<PublicKey> out;
  while (!bytes.empty()) {
    if (bytes[0] < 1 || bytes[0] > 3) return damaged("unknown kind of key");
    const auto kind = static_cast<KeyKind>(bytes[0]);
    const std::size_t size = crypto::raw_key_size(kind);
    if (bytes.size() < 1 + size) return damaged("short key");
    auto key = PublicKey::from_raw(kind, bytes.subspan(1, size));
    if (!key) return damaged("wrong key");
    out.push_back(*key);
    bytes = bytes.subspan(1 + size);
  }
  if (out.empty()) return damaged("no key");
  return out;
}

Result<PublicKey> decode_key(ByteView bytes) {
  auto keys = decode_keys(bytes);
  if (!keys) return keys.error();
  if (keys->size() != 1) return damaged("more than one key");
  return keys->front();
}

// Reads the columns of one row from left to right; remembers that something was wrong.
class Columns {
 public:
  Columns(const Rows& rows, std::size_t row) : rows_(rows), row_(row) {}
  [[nodiscard]] bool ok() const { return ok_; }

  // Of the next column; true: it is passed over.
  bool skip_null() {
    const bool null = rows_.is_null(row_, next_);
    if (null) ++next_;
    return null;
  }
  ByteView bytes() { return rows_.bytes(row_, next_++); }
  std::string_view text() { return rows_.text(row_, next_++); }
  bool boolean() { return rows_.boolean(row_, next_++); }
  std::int32_t int4() { return rows_.int4(row_, next_++); }
  std::int64_t int8() { return rows_.int8(row_, next_++); }
  template <class IdType>
  IdType id() {
    const auto id = IdType::from(bytes());
    ok_ = ok_ && id.has_value();
    return id.value_or(IdType{});
  }
  template <class Enum>
  Enum number(Enum last) {
    const std::int16_t value = rows_.int2(row_, next_++);
    ok_ = ok_ && value >= 0 && value <= static_cast<std::int16_t>(last);
    return ok_ ? static_cast<Enum>(value) : Enum{};
  }

 private:
  const Rows& rows_;
  const std::size_t row_;
  int next_ = 0;
  bool ok_ = true;
};

QueueCounters read_counters(Columns& columns) {
  QueueCounters out;
  out.head = columns.int8();
  out.next = columns.int8();
  if (!columns.skip_null()) out.head_id = columns.id<MessageId>();
  out.full = columns.boolean();
  out.unordered = columns.boolean();
  out.last_seconds = columns.int8();
  if (!columns.skip_null()) out.expires_from = columns.int8();
  return out;
}

}  // namespace

Error damaged(const char* what) {
  return Error{ErrorCode::unavailable, std::string("a queue in the database is damaged: ") + what};
}

Result<QueueRow> decode_queue(const Rows& rows, std::size_t row, const crypto::KeyRing& keys) {
  Columns columns(rows, row);
  auto record = std::make_shared<QueueRecord>();
  record->recipient_id = columns.id<RecipientId>();
  record->version = static_cast<std::uint64_t>(columns.int8());
  record->sender_id = columns.id<SenderId>();
  record->mode = columns.number(backend::QueueMode::contact);
  record->status = columns.number(backend::QueueStatus::blocked);
  record->blocking.reason = columns.number(backend::BlockingReason::content);
  record->blocking.notice_json = columns.text();
  auto recipient_keys = decode_keys(columns.bytes());
  if (!recipient_keys) return recipient_keys.error();
  record->recipient_keys = std::move(*recipient_keys);
  if (!columns.skip_null()) {
    auto key = decode_key(columns.bytes());
    if (!key) return key.error();
    record->sender_key = *key;
  }
  std::optional<NotifierId> notifier_id;
  if (!columns.skip_null()) notifier_id = columns.id<NotifierId>();
  std::optional<PublicKey> notifier_key;
  if (!columns.skip_null()) {
    auto key = decode_key(columns.bytes());
    if (!key) return key.error();
    notifier_key = *key;
  }
  if (!columns.skip_null()) record->link_id = columns.id<LinkId>();
  const auto sealing_key = static_cast<std::uint16_t>(columns.int4());
  auto secret = keys.open(sealing_key, columns.bytes(), recipient_secret_context(record->recipient_id));
  if (!secret) return Error{ErrorCode::unavailable, secret.error().message};
  record->recipient_box_key = std::move(*secret);
  const bool has_notifier_secret = !columns.skip_null();
  if (has_notifier_secret != notifier_id.has_value() || has_notifier_secret != notifier_key.has_value()) {
    return damaged("a part of the notifier is missing");
  }
  if (has_notifier_secret) {
    auto notifier_secret = keys.open(sealing_key, columns.bytes(), notifier_secret_context(record->recipient_id));
    if (!notifier_secret) return Error{ErrorCode::unavailable, notifier_secret.error().message};
    record->notifier =
        backend::Notifier{.id = *notifier_id, .key = *notifier_key, .box_key = std::move(*notifier_secret)};
  }
  if (!columns.skip_null()) record->service = columns.id<ServiceId>();
  if (!columns.skip_null()) {
    if (!record->notifier) return damaged("a part of the notifier is missing");
    record->notifier->service = columns.id<ServiceId>();
  }
  const QueueCounters counters = read_counters(columns);
  if (!columns.ok()) return damaged("unknown value");
  if (counters.head < 0 || counters.next < counters.head) return damaged("wrong sequences");
  return QueueRow{.record = std::move(record), .counters = counters};
}

Result<RecipientId> decode_recipient(const Rows& rows, std::size_t row, int column) {
  const auto id = RecipientId::from(rows.bytes(row, column));
  if (!id) return damaged("wrong id");
  return *id;
}

Result<MessageId> decode_message_id(const Rows& rows, std::size_t row, int column) {
  const auto id = MessageId::from(rows.bytes(row, column));
  if (!id) return damaged("wrong id");
  return *id;
}

namespace {

// Message columns, from the first one.
constexpr int kRecipient = 0;
constexpr int kSequence = 1;
constexpr int kPart = 2;
constexpr int kKind = 3;
constexpr int kSeconds = 4;
constexpr int kMessageId = 5;
constexpr int kBody = 6;

// `parts`: rows of one message in order.
Result<MessagePtr> decode_message(const Rows& rows, int column, const std::vector<std::size_t>& parts) {
  auto message = std::make_shared<backend::StoredMessage>();
  std::size_t size = 0;
  for (const auto row : parts) size += rows.bytes(row, column + kBody).size();
  message->body.reserve(size);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (rows.int2(parts[i], column + kPart) != static_cast<std::int16_t>(i)) return damaged("a part is missing");
    append(message->body, rows.bytes(parts[i], column + kBody));
  }
  const std::size_t first = parts.front();
  const std::int16_t kind = rows.int2(first, column + kKind);
  if (kind < 0 || kind > static_cast<std::int16_t>(backend::MessageKind::quota)) return damaged("unknown value");
  message->kind = static_cast<backend::MessageKind>(kind);
  message->seconds = rows.int8(first, column + kSeconds);
  auto id = decode_message_id(rows, first, column + kMessageId);
  if (!id) return id.error();
  message->id = *id;
  return MessagePtr(std::move(message));
}

}  // namespace

Result<std::vector<MessageRow>> decode_messages(const Rows& rows, int column) {
  std::map<std::pair<RecipientId, std::int64_t>, std::vector<std::size_t>> parts;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.is_null(row, column + kRecipient)) continue;
    auto queue = decode_recipient(rows, row, column + kRecipient);
    if (!queue) return queue.error();
    parts[{*queue, rows.int8(row, column + kSequence)}].push_back(row);
  }
  std::vector<MessageRow> out;
  out.reserve(parts.size());
  for (auto& [key, of_message] : parts) {
    std::sort(of_message.begin(), of_message.end(), [&](std::size_t a, std::size_t b) {
      return rows.int2(a, column + kPart) < rows.int2(b, column + kPart);
    });
    auto message = decode_message(rows, column, of_message);
    if (!message) return message.error();
    out.push_back({.queue = key.first, .sequence = key.second, .message = std::move(*message)});
  }
  return out;
}

Bytes encode_key(const PublicKey& key) {
  Bytes out;
  append_key(out, key);
  return out;
}

void RecordArrays::add(const QueueRecord& record, const crypto::KeyRing& keys) {
  ids_.add(record.recipient_id.view());
  versions_.add(static_cast<std::int64_t>(record.version));
  sender_ids_.add(record.sender_id.view());
  modes_.add(static_cast<std::int16_t>(record.mode));
  statuses_.add(static_cast<std::int16_t>(record.status));
  blocking_reasons_.add(static_cast<std::int16_t>(record.blocking.reason));
  blocking_notices_.add(std::string_view(record.blocking.notice_json));
  Bytes recipient_keys;
  for (const auto& key : record.recipient_keys) append_key(recipient_keys, key);
  recipient_keys_.add(ByteView(recipient_keys));
  sender_keys_.add(record.sender_key ? std::optional(encode_key(*record.sender_key)) : std::nullopt);
  link_ids_.add(record.link_id ? std::optional(record.link_id->view()) : std::nullopt);
  const auto secret = keys.seal(record.recipient_box_key, recipient_secret_context(record.recipient_id));
  sealing_keys_.add(static_cast<std::int32_t>(secret.key_id));
  recipient_secrets_.add(ByteView(secret.bytes));
  if (record.notifier) {
    notifier_ids_.add(record.notifier->id.view());
    notifier_keys_.add(ByteView(encode_key(record.notifier->key)));
    notifier_secrets_.add(
        ByteView(keys.seal(record.notifier->box_key, notifier_secret_context(record.recipient_id)).bytes));
  } else {
    for (auto* array : {&notifier_ids_, &notifier_keys_, &notifier_secrets_}) array->add_null();
  }
  recipient_services_.add(record.service ? std::optional(record.service->view()) : std::nullopt);
  const bool notifier_has_service = record.notifier && record.notifier->service;
  notifier_services_.add(notifier_has_service ? std::optional(record.notifier->service->view()) : std::nullopt);
}

postgres::Params RecordArrays::take() && {
  postgres::Params params;
  for (auto* array : {&ids_, &versions_, &sender_ids_, &modes_, &statuses_, &blocking_reasons_, &blocking_notices_,
                      &recipient_keys_, &sender_keys_, &notifier_ids_, &notifier_keys_, &link_ids_, &sealing_keys_,
                      &recipient_secrets_, &notifier_secrets_, &recipient_services_, &notifier_services_}) {
    params.add(std::move(*array));
  }
  return params;
}

void CounterArrays::add(const QueueCounters& counters) {
  heads_.add(counters.head);
  nexts_.add(counters.next);
  head_ids_.add(counters.head_id ? std::optional(counters.head_id->view()) : std::nullopt);
  fulls_.add(counters.full);
  unordered_.add(counters.unordered);
  last_seconds_.add(counters.last_seconds);
  expires_from_.add(counters.expires_from);
}

void CounterArrays::append_to(postgres::Params& params) && {
  for (auto* array : {&heads_, &nexts_, &head_ids_, &fulls_, &unordered_, &last_seconds_, &expires_from_}) {
    params.add(std::move(*array));
  }
}

namespace {

std::size_t parts_of(std::size_t messages) {
  return 2 * messages;
}

}  // namespace

MessageArrays::MessageArrays(std::size_t messages, std::size_t bytes)
    : ids_(Array::Element::bytea, parts_of(messages), parts_of(messages) * kIdSize),
      sequences_(Array::Element::int8, parts_of(messages), parts_of(messages) * 8),
      parts_(Array::Element::int2, parts_of(messages), parts_of(messages) * 2),
      kinds_(Array::Element::int2, parts_of(messages), messages * 2),
      seconds_(Array::Element::int8, parts_of(messages), messages * 8),
      message_ids_(Array::Element::bytea, parts_of(messages), messages * kIdSize),
      bodies_(Array::Element::bytea, parts_of(messages), bytes) {}

void MessageArrays::add(const RecipientId& queue, std::int64_t sequence, const backend::StoredMessage& message) {
  ByteView rest = message.body;
  std::int16_t part = 0;
  do {
    const ByteView body = rest.first(std::min(rest.size(), part == 0 ? kFirstPartSize : kPartSize));
    rest = rest.subspan(body.size());
    ids_.add(queue.view());
    sequences_.add(sequence);
    parts_.add(part);
    if (part == 0) {
      kinds_.add(static_cast<std::int16_t>(message.kind));
      seconds_.add(message.seconds);
      message_ids_.add(message.id.view());
    } else {
      for (auto* array : {&kinds_, &seconds_, &message_ids_}) array->add_null();
    }
    bodies_.add(body);
    ++part;
  } while (!rest.empty());
}

postgres::Params MessageArrays::take() && {
  postgres::Params params;
  for (auto* array : {&ids_, &sequences_, &parts_, &kinds_, &seconds_, &message_ids_, &bodies_}) {
    params.add(std::move(*array));
  }
  return params;
}

}  // namespace sotto::queue
