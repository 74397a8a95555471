// What the gateway and the queue service both know of a queue: its record and its messages, as values. The gateway
// verifies and encrypts with them, the service keeps them. A record that is shared is const; any thread may read it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/base/ids.hpp"
#include "libs/crypto/box.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::backend {

// Services, which act for many queues with one certificate (docs/wire.md, "Services"). The role is the letter of the
// handshake: M messaging, N notifier, P proxy.
struct Service {
  ServiceId id;
  char role = 'M';
  crypto::Fingerprint certificate_hash{};  // of the CA or self-signed certificate
  friend bool operator==(const Service&, const Service&) = default;
};

// The numbers below are stored and sent between processes: never reuse one.
enum class QueueMode : std::uint8_t { none = 0, messaging = 1, contact = 2 };
enum class QueueStatus : std::uint8_t { active = 0, off = 1, blocked = 2 };
enum class BlockingReason : std::uint8_t { spam = 0, content = 1 };
enum class MessageKind : std::uint8_t { message = 0, quota = 1 };
// By which of its ids a queue is meant.
enum class Role : std::uint8_t { recipient = 0, sender = 1, notifier = 2, link = 3 };

struct Blocking {
  BlockingReason reason = BlockingReason::spam;
  std::string notice_json;  // empty: none
  friend bool operator==(const Blocking&, const Blocking&) = default;
};

struct Notifier {
  NotifierId id;
  crypto::PublicKey key;
  crypto::BoxKey box_key;  // of the notification metadata
  // The notification service that subscribes to it; absent: whoever subscribes with NSUB alone.
  std::optional<ServiceId> service = std::nullopt;
  friend bool operator==(const Notifier&, const Notifier&) = default;
};

struct QueueRecord {
  RecipientId recipient_id;
  SenderId sender_id;
  std::vector<crypto::PublicKey> recipient_keys;  // at least one; more only in contact queues (RKEY)
  crypto::BoxKey recipient_box_key;               // encrypts message bodies for the recipient
  std::optional<crypto::PublicKey> sender_key;    // absent: not secured
  std::optional<Notifier> notifier;
  std::optional<LinkId> link_id;  // present: there is link data
  QueueMode mode = QueueMode::none;
  QueueStatus status = QueueStatus::active;
  Blocking blocking;  // meaningful when status is blocked
  // The service whose subscription is this queue's; absent: whoever subscribes to the queue alone.
  std::optional<ServiceId> service;
  // Grows by one with every change of any field above; counts of messages do not touch it. Operations carry the version
  // that was verified against, and are refused as stale when the record has moved on.
  std::uint64_t version = 1;
  friend bool operator==(const QueueRecord&, const QueueRecord&) = default;
};
using RecordPtr = std::shared_ptr<const QueueRecord>;

struct LinkBlob {
  Bytes fixed;
  Bytes user;
  friend bool operator==(const LinkBlob&, const LinkBlob&) = default;
};

struct StoredMessage {
  MessageId id;
  std::int64_t seconds = 0;  // when the server took it, whole seconds since 1970
  MessageKind kind = MessageKind::message;
  // As it goes out in MSG: encrypted for the recipient. Empty for a quota marker, which the gateway encrypts when it
  // delivers it.
  Bytes body;
  friend bool operator==(const StoredMessage&, const StoredMessage&) = default;
};
using MessagePtr = std::shared_ptr<const StoredMessage>;

// One pending notification of a notifier.
struct Notification {
  crypto::Nonce nonce{};
  Bytes encrypted_meta;
  std::int64_t seconds = 0;
  friend bool operator==(const Notification&, const Notification&) = default;
};

}  // namespace sotto::backend
