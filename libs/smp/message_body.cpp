#include "libs/smp/message_body.hpp"

#include <algorithm>
#include <cassert>

#include "libs/smp/block.hpp"
#include "libs/smp/encoding.hpp"

namespace sotto::smp {
namespace {

constexpr std::string_view kQuota = "QUOTA ";
constexpr std::size_t kTimeSize = 8;

void put_time(MutableByteView at, std::int64_t seconds) {
  const auto bits = static_cast<std::uint64_t>(seconds);
  for (std::size_t i = 0; i < kTimeSize; ++i) at[i] = static_cast<std::uint8_t>(bits >> (56U - 8U * i));
}

// Room for one encrypted body at the end of `out`, filled with the padding character; its parts are written over it.
MutableByteView add_room(Bytes& out) {
  const std::size_t start = out.size();
  out.resize(start + kEncryptedMessageSize, '#');
  return MutableByteView(out).subspan(start);
}

void seal(const crypto::BoxKey& key, const MessageId& id, MutableByteView room, std::size_t content_size) {
  const MutableByteView padded = room.subspan(crypto::kBoxTagSize);
  padded[0] = static_cast<std::uint8_t>(content_size >> 8U);
  padded[1] = static_cast<std::uint8_t>(content_size & 0xffU);
  crypto::box_seal_in_place(key, id.bytes, room);
}

Error unreadable(std::string_view what) {
  return {ErrorCode::invalid_argument, std::string(what)};
}

}  // namespace

void encrypt_message(const crypto::BoxKey& key, const MessageId& id, std::int64_t seconds, ByteView flags,
                     ByteView body, Bytes& out) {
  const std::size_t content_size = kTimeSize + flags.size() + 1 + body.size();
  assert(content_size <= kMessagePaddedSize - 2);
  const MutableByteView room = add_room(out);
  MutableByteView at = room.subspan(crypto::kBoxTagSize + 2);
  put_time(at, seconds);
  at = at.subspan(kTimeSize);
  std::copy(flags.begin(), flags.end(), at.begin());
  at = at.subspan(flags.size());
  at[0] = ' ';
  std::copy(body.begin(), body.end(), at.begin() + 1);
  seal(key, id, room, content_size);
}

void encrypt_quota_marker(const crypto::BoxKey& key, const MessageId& id, std::int64_t seconds, Bytes& out) {
  const MutableByteView room = add_room(out);
  const MutableByteView at = room.subspan(crypto::kBoxTagSize + 2);
  std::copy(kQuota.begin(), kQuota.end(), at.begin());
  put_time(at.subspan(kQuota.size()), seconds);
  seal(key, id, room, kQuota.size() + kTimeSize);
}

Result<std::variant<ReceivedMessage, QuotaMarker>> decrypt_message(const crypto::BoxKey& key, ByteView message_id,
                                                                   ByteView encrypted) {
  const auto padded = crypto::box_open(key, crypto::nonce_from(message_id), encrypted);
  if (!padded) return unreadable("the message does not decrypt");
  const auto content = unpad(*padded);
  if (!content) return unreadable("the decrypted message has an impossible length");
  if (content->size() == kQuota.size() + kTimeSize && as_text(content->first(kQuota.size())) == kQuota) {
    Reader reader(content->subspan(kQuota.size()));
    return std::variant<ReceivedMessage, QuotaMarker>(QuotaMarker{reader.i64()});
  }
  Reader reader(*content);
  ReceivedMessage message;
  message.seconds = reader.i64();
  const ByteView rest = reader.tail();
  const auto space = std::find(rest.begin(), rest.end(), static_cast<std::uint8_t>(' '));
  if (!reader.ok() || space == rest.end() || (rest[0] != 'T' && rest[0] != 'F')) {
    return unreadable("the decrypted message does not parse");
  }
  message.flags.assign(rest.begin(), space);
  message.body.assign(space + 1, rest.end());
  return std::variant<ReceivedMessage, QuotaMarker>(std::move(message));
}

Bytes encrypt_notification(const crypto::BoxKey& key, const crypto::Nonce& nonce, const MessageId& id,
                           std::int64_t seconds) {
  Bytes out(crypto::kBoxTagSize + kNotificationPaddedSize, '#');
  const MutableByteView padded = MutableByteView(out).subspan(crypto::kBoxTagSize);
  constexpr std::size_t kContentSize = 1 + kIdSize + kTimeSize;
  padded[0] = 0;
  padded[1] = kContentSize;
  padded[2] = kIdSize;
  std::copy(id.bytes.begin(), id.bytes.end(), padded.begin() + 3);
  put_time(padded.subspan(3 + kIdSize), seconds);
  crypto::box_seal_in_place(key, nonce, out);
  return out;
}

Result<NotificationMeta> decrypt_notification(const crypto::BoxKey& key, ByteView nonce, ByteView encrypted) {
  const auto padded = crypto::box_open(key, crypto::nonce_from(nonce), encrypted);
  if (!padded) return unreadable("the notification does not decrypt");
  const auto content = unpad(*padded);
  if (!content) return unreadable("the decrypted notification has an impossible length");
  Reader reader(*content);
  NotificationMeta meta;
  meta.message_id = to_bytes(reader.s8());
  meta.seconds = reader.i64();
  // Later servers may append fields: bytes over are not an error here.
  if (!reader.ok()) return unreadable("the decrypted notification does not parse");
  return meta;
}

}  // namespace sotto::smp
