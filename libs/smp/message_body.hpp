// What the server writes inside MSG and NMSG, and its encryption for the recipient and the notifier (docs/wire.md
// section 9). Pure functions, any thread.
#pragma once

#include <cstdint>
#include <variant>

#include "libs/base/bytes.hpp"
#include "libs/base/ids.hpp"
#include "libs/crypto/box.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

inline constexpr std::size_t kMessagePaddedSize = 16106;
inline constexpr std::size_t kEncryptedMessageSize = kMessagePaddedSize + crypto::kBoxTagSize;
inline constexpr std::size_t kNotificationPaddedSize = 128;

// rcvBody of a message: i64 seconds, flags, SP, body. Appends kEncryptedMessageSize bytes. Precondition: flags and body
// fit (body at most max_message_size of the oldest version, flags at most 7 bytes).
void encrypt_message(const crypto::BoxKey& key, const MessageId& id, std::int64_t seconds, ByteView flags,
                     ByteView body, Bytes& out);
// The quota marker: QUOTA SP i64 seconds.
void encrypt_quota_marker(const crypto::BoxKey& key, const MessageId& id, std::int64_t seconds, Bytes& out);

struct ReceivedMessage {
  std::int64_t seconds = 0;
  Bytes flags;
  Bytes body;
};
struct QuotaMarker {
  std::int64_t seconds = 0;
};
// Client side. invalid_argument when it does not decrypt or parse.
Result<std::variant<ReceivedMessage, QuotaMarker>> decrypt_message(const crypto::BoxKey& key, ByteView message_id,
                                                                   ByteView encrypted);

// NMSG metadata: s8(msgId) i64 seconds, padded to 128, boxed.
Bytes encrypt_notification(const crypto::BoxKey& key, const crypto::Nonce& nonce, const MessageId& id,
                           std::int64_t seconds);
struct NotificationMeta {
  Bytes message_id;
  std::int64_t seconds = 0;
};
Result<NotificationMeta> decrypt_notification(const crypto::BoxKey& key, ByteView nonce, ByteView encrypted);

}  // namespace sotto::smp
