#include "services/queue/storage/rocksdb/rows.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "services/queue/domain/test_values.hpp"

namespace sotto::queue {
namespace {

QueueRecord full_record(TestValues& values) {
  QueueRecord record = values.record(backend::QueueMode::contact);
  record.recipient_keys = {values.key(crypto::KeyKind::ed448), values.key(crypto::KeyKind::x25519)};
  record.sender_key = values.key();
  record.notifier = values.notifier();
  record.link_id = values.id<LinkId>();
  record.status = backend::QueueStatus::blocked;
  record.blocking = {.reason = backend::BlockingReason::content, .notice_json = "{\"a\":1}"};
  record.version = 77;
  return record;
}

Bytes changed(ByteView bytes, std::size_t index, std::uint8_t to) {
  Bytes out = to_bytes(bytes);
  out[index] = to;
  return out;
}

// Whether `decode` takes `encoded`, but neither with another format version nor cut anywhere before `optional_tail`
// bytes from its end, and says `unavailable`.
template <class Decode>
void expect_strict(ByteView encoded, Decode decode, std::size_t optional_tail = 0) {
  EXPECT_TRUE(decode(encoded).ok());
  for (const auto version : std::initializer_list<std::uint8_t>{0, 2, 255}) {
    const auto result = decode(changed(encoded, 0, version));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_NE(result.error().message.find("has format"), std::string::npos) << result.error().message;
  }
  for (std::size_t size = 0; size < encoded.size() - optional_tail; ++size) {
    EXPECT_FALSE(decode(encoded.first(size)).ok()) << size;
  }
}

TEST(Rows, RecordsRoundTrip) {
  TestValues values;
  for (const auto& record : {values.record(), full_record(values)}) {
    const auto row = encode_record(record);
    const auto decoded = decode_record(record.recipient_id, row.view());
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(**decoded == record);
  }
}

TEST(Rows, RecordsAreStrict) {
  TestValues values;
  const QueueRecord record = full_record(values);
  const auto row = encode_record(record);
  const auto decode = [&](ByteView bytes) { return decode_record(record.recipient_id, bytes); };
  expect_strict(row.view(), decode, record.blocking.notice_json.size());
  // mode, status, reason and flags that nobody knows
  for (const std::size_t index : {33U, 34U, 35U, 36U}) EXPECT_FALSE(decode(changed(row.view(), index, 0x89))) << index;
  const std::size_t first_key = 1 + 24 + 8 + 4 + 32 + 2;
  EXPECT_FALSE(decode(changed(row.view(), first_key, 0)));
  EXPECT_FALSE(decode(changed(row.view(), first_key, 4)));
  // A notifier's service without a notifier: flags 16.
  EXPECT_FALSE(decode(changed(encode_record(values.record()).view(), 36, 16)));
}

TEST(Rows, IdMapsRoundTripAndAreStrict) {
  TestValues values;
  const auto id = values.id<RecipientId>();
  const auto row = encode_id_map(id);
  EXPECT_EQ(decode_id_map(row.view()).value(), id);
  expect_strict(row.view(), decode_id_map);
  Bytes longer = to_bytes(row.view());
  longer.push_back(0);
  EXPECT_FALSE(decode_id_map(longer));
}

TEST(Rows, LinksRoundTripAndAreStrict) {
  TestValues values;
  const LinkBlob link = values.link();
  const auto row = encode_link(link);
  EXPECT_EQ(decode_link(row.view()).value(), link);
  expect_strict(row.view(), decode_link, link.user.size());
  EXPECT_EQ(decode_link(encode_link(LinkBlob{}).view()).value(), LinkBlob{});
}

TEST(Rows, CountersRoundTripAndAreStrict) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  const StoredCounters all{.head = 5, .next = kMax, .full = true, .unordered = true, .indexed = -3, .last_seconds = 9};
  for (const auto& counters : {StoredCounters{}, all}) {
    EXPECT_EQ(decode_counters(encode_counters(counters).view()).value(), counters);
  }
  const auto row = encode_counters(all);
  expect_strict(row.view(), decode_counters);
  EXPECT_FALSE(decode_counters(changed(row.view(), 1, 8))) << "an unknown flag";
  EXPECT_FALSE(decode_counters(encode_counters({.head = 2, .next = 1, .indexed = {}}).view()));
}

TEST(Rows, TotalsRoundTripAndAreStrict) {
  const StoreTotals totals{.queues = 1'000'000, .messages = 7};
  const auto row = encode_totals(totals);
  EXPECT_EQ(decode_totals(row.view()).value(), totals);
  expect_strict(row.view(), decode_totals);
}

TEST(Rows, MessagesRoundTripAndAreStrict) {
  TestValues values;
  for (const auto& message : {values.message(), values.quota_marker()}) {
    Bytes row = to_bytes(encode_message_head(*message).view());
    append(row, message->body);
    EXPECT_TRUE(**decode_message(row) == *message);
    EXPECT_EQ(decode_message_label(row).value().seconds, message->seconds);
    EXPECT_EQ(decode_message_label(row).value().id, message->id);
    expect_strict(row, decode_message, message->body.size());
    expect_strict(row, decode_message_label, message->body.size());
    EXPECT_FALSE(decode_message(changed(row, 33, 2))) << "an unknown kind";
  }
}

TEST(Rows, ExpiryKeysSortByTimeAndRoundTrip) {
  TestValues values;
  const auto id = values.id<RecipientId>();
  const auto entry = decode_expiry_key(expiry_key(1'700'000'000, id).view());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->seconds, 1'700'000'000);
  EXPECT_EQ(entry->queue, id);
  const auto text = [](const rocks::RowWriter& row) { return std::string(as_text(row.view())); };
  EXPECT_LT(text(expiry_key(-1, id)), text(expiry_bound(0)));
  EXPECT_LT(text(expiry_bound(7)), text(expiry_key(7, RecipientId{})));
  EXPECT_LT(text(expiry_key(7, id)), text(expiry_bound(8)));
  EXPECT_FALSE(decode_expiry_key(expiry_bound(7).view()));
}

// The worked example of docs/storage.md.
TEST(Rows, CountersExample) {
  const StoredCounters counters{
      .head = 3, .next = 5, .full = false, .unordered = false, .indexed = 1'700'000'000, .last_seconds = 1'700'000'060};
  EXPECT_EQ(to_hex(encode_counters(counters).view()),
            "01"
            "02"
            "0000000000000003"
            "0000000000000005"
            "800000006553f100"
            "800000006553f13c");
  RecipientId id;
  id.bytes.fill(0xab);
  EXPECT_EQ(to_hex(message_key(id, 3).view()),
            "abababababababababababababababababababababababab"
            "0000000000000003");
  EXPECT_EQ(to_hex(counters_key(id).view()),
            "71"
            "abababababababababababababababababababababababab"
            "63");
  EXPECT_EQ(to_hex(expiry_key(1'700'000'000, id).view()),
            "78"
            "800000006553f100"
            "abababababababababababababababababababababababab");
}

}  // namespace
}  // namespace sotto::queue
