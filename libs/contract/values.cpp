#include "libs/contract/values.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace sotto::contract {
namespace {

constexpr std::size_t kBoxKeySize = 32;

void set(std::string& out, ByteView bytes) {
  out.assign(as_text(bytes));
}

Bytes bytes_of(const std::string& in) {
  return to_bytes(as_bytes(in));
}

Result<crypto::BoxKey> box_key(const std::string& in) {
  if (in.size() != kBoxKeySize) return malformed("a box key of another size than 32 bytes");
  return crypto::BoxKey::from_stored(as_bytes(in));
}

queue::KeyKind to_proto(crypto::KeyKind kind) {
  switch (kind) {
    case crypto::KeyKind::ed25519:
      return queue::KEY_KIND_ED25519;
    case crypto::KeyKind::ed448:
      return queue::KEY_KIND_ED448;
    case crypto::KeyKind::x25519:
      return queue::KEY_KIND_X25519;
  }
  return queue::KEY_KIND_UNSPECIFIED;
}

std::optional<crypto::KeyKind> key_kind(queue::KeyKind kind) {
  switch (kind) {
    case queue::KEY_KIND_ED25519:
      return crypto::KeyKind::ed25519;
    case queue::KEY_KIND_ED448:
      return crypto::KeyKind::ed448;
    case queue::KEY_KIND_X25519:
      return crypto::KeyKind::x25519;
    default:
      return std::nullopt;
  }
}

Result<backend::QueueMode> from_proto(queue::QueueMode mode) {
  switch (mode) {
    case queue::QUEUE_MODE_NONE:
      return backend::QueueMode::none;
    case queue::QUEUE_MODE_MESSAGING:
      return backend::QueueMode::messaging;
    case queue::QUEUE_MODE_CONTACT:
      return backend::QueueMode::contact;
    default:
      return malformed("a queue mode that this version does not know");
  }
}

Result<backend::QueueStatus> from_proto(queue::QueueStatus status) {
  switch (status) {
    case queue::QUEUE_STATUS_ACTIVE:
      return backend::QueueStatus::active;
    case queue::QUEUE_STATUS_OFF:
      return backend::QueueStatus::off;
    case queue::QUEUE_STATUS_BLOCKED:
      return backend::QueueStatus::blocked;
    default:
      return malformed("a queue status that this version does not know");
  }
}

}  // namespace

Error malformed(std::string_view what) {
  return {ErrorCode::protocol, "the other side sent " + std::string(what) +
                                   "; update the older of the two programs if they differ in version"};
}

Result<std::array<std::uint8_t, kIdSize>> id_bytes(const std::string& bytes, std::string_view what) {
  std::array<std::uint8_t, kIdSize> id{};
  if (bytes.size() != id.size()) return malformed(std::string(what) + " of another size than 24 bytes");
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

common::Role to_proto(backend::Role role) {
  switch (role) {
    case backend::Role::recipient:
      return common::ROLE_RECIPIENT;
    case backend::Role::sender:
      return common::ROLE_SENDER;
    case backend::Role::notifier:
      return common::ROLE_NOTIFIER;
    case backend::Role::link:
      return common::ROLE_LINK;
  }
  return common::ROLE_UNSPECIFIED;
}

Result<backend::Role> from_proto(common::Role role) {
  switch (role) {
    case common::ROLE_RECIPIENT:
      return backend::Role::recipient;
    case common::ROLE_SENDER:
      return backend::Role::sender;
    case common::ROLE_NOTIFIER:
      return backend::Role::notifier;
    case common::ROLE_LINK:
      return backend::Role::link;
    default:
      return malformed("a role of an id that this version does not know");
  }
}

queue::QueueMode to_proto(backend::QueueMode mode) {
  switch (mode) {
    case backend::QueueMode::none:
      return queue::QUEUE_MODE_NONE;
    case backend::QueueMode::messaging:
      return queue::QUEUE_MODE_MESSAGING;
    case backend::QueueMode::contact:
      return queue::QUEUE_MODE_CONTACT;
  }
  return queue::QUEUE_MODE_NONE;
}

queue::QueueStatus to_proto(backend::QueueStatus status) {
  switch (status) {
    case backend::QueueStatus::active:
      return queue::QUEUE_STATUS_ACTIVE;
    case backend::QueueStatus::off:
      return queue::QUEUE_STATUS_OFF;
    case backend::QueueStatus::blocked:
      return queue::QUEUE_STATUS_BLOCKED;
  }
  return queue::QUEUE_STATUS_ACTIVE;
}

void to_proto(const NamedId& id, common::QueueId& out) {
  out.set_role(to_proto(id.role));
  set(*out.mutable_id(), id.id);
}

Result<NamedId> from_proto(const common::QueueId& in) {
  const auto role = from_proto(in.role());
  if (!role) return role.error();
  const auto id = id_bytes(in.id(), "an id");
  if (!id) return id.error();
  return NamedId{.role = *role, .id = *id};
}

void to_proto(const crypto::PublicKey& key, queue::PublicKey& out) {
  out.set_kind(to_proto(key.kind()));
  set(*out.mutable_raw(), key.raw());
}

Result<crypto::PublicKey> from_proto(const queue::PublicKey& in) {
  const auto kind = key_kind(in.kind());
  if (!kind) return malformed("a kind of key that this version does not know");
  auto key = crypto::PublicKey::from_raw(*kind, as_bytes(in.raw()));
  if (!key) return malformed("a public key of the wrong size");
  return key;
}

Result<crypto::Fingerprint> certificate_hash_from(const std::string& bytes) {
  crypto::Fingerprint out{};
  if (bytes.size() != out.size()) return malformed("a hash of a certificate");
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

Result<std::optional<ServiceId>> service_from(const std::string& bytes) {
  if (bytes.empty()) return std::optional<ServiceId>();
  const auto id = id_from<ServiceId>(bytes, "a service id");
  if (!id) return id.error();
  return std::optional(*id);
}

void to_proto(const backend::Notifier& notifier, queue::Notifier& out) {
  set(*out.mutable_id(), notifier.id.view());
  to_proto(notifier.key, *out.mutable_key());
  set(*out.mutable_box_key(), notifier.box_key.expose());
  if (notifier.service) set(*out.mutable_service_id(), notifier.service->view());
}

Result<backend::Notifier> from_proto(const queue::Notifier& in) {
  const auto id = id_from<NotifierId>(in.id(), "a notifier id");
  if (!id) return id.error();
  const auto key = from_proto(in.key());
  if (!key) return key.error();
  auto box = box_key(in.box_key());
  if (!box) return box.error();
  const auto service = service_from(in.service_id());
  if (!service) return service.error();
  return backend::Notifier{.id = *id, .key = *key, .box_key = *std::move(box), .service = *service};
}

void to_proto(const backend::Blocking& blocking, queue::Blocking& out) {
  out.set_reason(blocking.reason == backend::BlockingReason::content ? queue::BLOCKING_REASON_CONTENT
                                                                     : queue::BLOCKING_REASON_SPAM);
  out.set_notice_json(blocking.notice_json);
}

Result<backend::Blocking> from_proto(const queue::Blocking& in) {
  backend::Blocking out{.reason = backend::BlockingReason::spam, .notice_json = in.notice_json()};
  switch (in.reason()) {
    case queue::BLOCKING_REASON_SPAM:
      return out;
    case queue::BLOCKING_REASON_CONTENT:
      out.reason = backend::BlockingReason::content;
      return out;
    default:
      return malformed("a reason of blocking that this version does not know");
  }
}

void to_proto(const backend::QueueRecord& record, queue::QueueRecord& out) {
  set(*out.mutable_recipient_id(), record.recipient_id.view());
  set(*out.mutable_sender_id(), record.sender_id.view());
  for (const auto& key : record.recipient_keys) to_proto(key, *out.add_recipient_keys());
  set(*out.mutable_recipient_box_key(), record.recipient_box_key.expose());
  if (record.sender_key) to_proto(*record.sender_key, *out.mutable_sender_key());
  if (record.notifier) to_proto(*record.notifier, *out.mutable_notifier());
  if (record.link_id) set(*out.mutable_link_id(), record.link_id->view());
  out.set_mode(to_proto(record.mode));
  out.set_status(to_proto(record.status));
  if (record.blocking != backend::Blocking{}) to_proto(record.blocking, *out.mutable_blocking());
  out.set_version(record.version);
  if (record.service) set(*out.mutable_service_id(), record.service->view());
}

Result<backend::QueueRecord> from_proto(const queue::QueueRecord& in) {
  backend::QueueRecord out;
  const auto recipient = id_from<RecipientId>(in.recipient_id(), "a recipient id");
  if (!recipient) return recipient.error();
  out.recipient_id = *recipient;
  const auto sender = id_from<SenderId>(in.sender_id(), "a sender id");
  if (!sender) return sender.error();
  out.sender_id = *sender;

  if (in.recipient_keys().empty()) return malformed("a queue without recipient key");
  out.recipient_keys.reserve(static_cast<std::size_t>(in.recipient_keys_size()));
  for (const auto& each : in.recipient_keys()) {
    const auto key = from_proto(each);
    if (!key) return key.error();
    out.recipient_keys.push_back(*key);
  }
  auto box = box_key(in.recipient_box_key());
  if (!box) return box.error();
  out.recipient_box_key = *std::move(box);
  if (in.has_sender_key()) {
    const auto key = from_proto(in.sender_key());
    if (!key) return key.error();
    out.sender_key = *key;
  }

  if (in.has_notifier()) {
    auto notifier = from_proto(in.notifier());
    if (!notifier) return notifier.error();
    out.notifier = *std::move(notifier);
  }
  if (in.has_link_id()) {
    const auto link_id = id_from<LinkId>(in.link_id(), "a link id");
    if (!link_id) return link_id.error();
    out.link_id = *link_id;
  }
  const auto mode = from_proto(in.mode());
  if (!mode) return mode.error();
  out.mode = *mode;
  const auto status = from_proto(in.status());
  if (!status) return status.error();
  out.status = *status;
  if (in.has_blocking()) {
    auto blocking = from_proto(in.blocking());
    if (!blocking) return blocking.error();
    out.blocking = *std::move(blocking);
  }
  out.version = in.version();
  const auto service = service_from(in.service_id());
  if (!service) return service.error();
  out.service = *service;
  return out;
}

void to_proto(const backend::LinkBlob& link, queue::LinkData& out) {
  set(*out.mutable_fixed(), link.fixed);
  set(*out.mutable_user(), link.user);
}

backend::LinkBlob from_proto(const queue::LinkData& in) {
  return {.fixed = bytes_of(in.fixed()), .user = bytes_of(in.user())};
}

void to_proto(const backend::StoredMessage& message, queue::Message& out) {
  set(*out.mutable_id(), message.id.view());
  out.set_seconds(message.seconds);
  out.set_kind(message.kind == backend::MessageKind::quota ? queue::MESSAGE_KIND_QUOTA : queue::MESSAGE_KIND_MESSAGE);
  set(*out.mutable_body(), message.body);
}

Result<backend::MessagePtr> from_proto(const queue::Message& in) {
  auto out = std::make_shared<backend::StoredMessage>();
  const auto id = id_from<MessageId>(in.id(), "a message id");
  if (!id) return id.error();
  out->id = *id;
  out->seconds = in.seconds();
  if (in.kind() == queue::MESSAGE_KIND_QUOTA) {
    out->kind = backend::MessageKind::quota;
  } else if (in.kind() != queue::MESSAGE_KIND_MESSAGE) {
    return malformed("a kind of message that this version does not know");
  }
  out->body = bytes_of(in.body());
  return backend::MessagePtr(std::move(out));
}

void to_proto(const backend::Notification& notification, common::Notification& out) {
  set(*out.mutable_nonce(), notification.nonce);
  set(*out.mutable_encrypted_meta(), notification.encrypted_meta);
  out.set_seconds(notification.seconds);
}

Result<backend::Notification> from_proto(const common::Notification& in) {
  backend::Notification out;
  if (in.nonce().size() != out.nonce.size()) return malformed("a nonce of another size than 24 bytes");
  std::copy(in.nonce().begin(), in.nonce().end(), out.nonce.begin());
  out.encrypted_meta = bytes_of(in.encrypted_meta());
  out.seconds = in.seconds();
  return out;
}

}  // namespace sotto::contract
