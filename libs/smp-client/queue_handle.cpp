#include "libs/smp-client/queue_handle.hpp"

#include "libs/crypto/random.hpp"

namespace sotto::client {
namespace {

const Error kBadIds{ErrorCode::protocol, "the server's answer holds an id that is not 24 bytes"};
const Error kBadKey{ErrorCode::protocol, "the server's key gives no secret"};

Result<Notifier> make_notifier(const crypto::PrivateKey& key, const crypto::PrivateKey& dh_key, ByteView id,
                               const crypto::PublicKey& server_key) {
  const auto notifier_id = NotifierId::from(id);
  if (!notifier_id) return kBadIds;
  const auto secret = crypto::dh(server_key, dh_key);
  if (!secret) return kBadKey;
  return Notifier{key, *notifier_id, crypto::BoxKey::from_raw(*secret)};
}

}  // namespace

std::string_view Message::text() const {
  const auto* message = std::get_if<smp::ReceivedMessage>(&content);
  return message == nullptr ? std::string_view() : as_text(message->body);
}

std::string_view Message::flags() const {
  const auto* message = std::get_if<smp::ReceivedMessage>(&content);
  return message == nullptr ? std::string_view() : as_text(message->flags);
}

Result<smp::NotificationMeta> Notifier::open(const smp::Nmsg& notification) const {
  return smp::decrypt_notification(secret, notification.nonce, notification.encrypted_meta);
}

Request Notifier::nsub() const {
  return {.key = &key, .entity_id = id.view(), .command = smp::Nsub{}};
}

Result<Message> QueueHandle::open(const smp::Msg& message) const {
  const auto id = MessageId::from(message.message_id);
  if (!id) return kBadIds;
  auto content = smp::decrypt_message(secret, message.message_id, message.body);
  if (!content) return content.error();
  return Message{*id, *std::move(content)};
}

Request QueueHandle::by_recipient(smp::Command command) const {
  return {.key = &recipient_key, .entity_id = recipient_id.view(), .command = std::move(command)};
}

Request QueueHandle::by_sender(smp::Command command) const {
  return {.key = &sender_key, .entity_id = sender_id.view(), .command = std::move(command)};
}

Request QueueHandle::send(ByteView body, std::string_view flags) const {
  return {.key = secured ? &sender_key : nullptr,
          .entity_id = sender_id.view(),
          .command = smp::Send{as_bytes(flags), body}};
}

QueueDraft::QueueDraft(NewQueue queue)
    : queue_(std::move(queue)),
      recipient_key_(crypto::PrivateKey::generate(queue_.key_kind)),
      dh_key_(crypto::PrivateKey::generate(crypto::KeyKind::x25519)),
      corr_id_(crypto::random_nonce()),
      sender_id_{smp::client_sender_id(corr_id_)},
      link_id_(crypto::random_id<LinkId>()) {
  if (queue_.notifier) {
    notifier_key_ = crypto::PrivateKey::generate(queue_.key_kind);
    notifier_dh_key_ = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
  }
}

Request QueueDraft::request() const {
  smp::New command{.recipient_key = recipient_key_.public_key(),
                   .recipient_dh_key = dh_key_.public_key(),
                   .password = std::nullopt,
                   .subscribe = queue_.subscribe,
                   .request = {},
                   .notifier = std::nullopt};
  if (queue_.password) command.password = as_bytes(queue_.password->expose());
  if (queue_.mode == smp::QueueMode::messaging) {
    smp::MessagingRequest request;
    if (queue_.link) request.link = {sender_id_.view(), {queue_.link->fixed, queue_.link->user}};
    command.request = request;
  } else if (queue_.mode == smp::QueueMode::contact) {
    smp::ContactRequest request;
    if (queue_.link) request.link = {link_id_.view(), sender_id_.view(), {queue_.link->fixed, queue_.link->user}};
    command.request = request;
  }
  if (notifier_key_) command.notifier = smp::NewNotifier{notifier_key_->public_key(), notifier_dh_key_->public_key()};
  return {.key = &recipient_key_, .entity_id = {}, .command = std::move(command), .corr_id = corr_id_};
}

Result<QueueHandle> QueueDraft::finish(const Received& answer) {
  const auto* ids = answer.get<smp::Ids>();
  if (ids == nullptr) return unexpected(answer);
  const auto recipient_id = RecipientId::from(ids->recipient_id);
  const auto sender_id = SenderId::from(ids->sender_id);
  if (!recipient_id || !sender_id) return kBadIds;
  const auto secret = crypto::dh(ids->server_dh_key, dh_key_);
  if (!secret) return kBadKey;
  QueueHandle handle{.recipient_key = recipient_key_,
                     .sender_key = crypto::PrivateKey::generate(queue_.key_kind),
                     .recipient_id = *recipient_id,
                     .sender_id = *sender_id,
                     .secret = crypto::BoxKey::from_raw(*secret),
                     .mode = ids->mode,
                     .link_id = std::nullopt,
                     .service_id = std::nullopt,
                     .notifier = std::nullopt};
  if (ids->link_id) handle.link_id = LinkId::from(*ids->link_id);
  if (ids->service_id) handle.service_id = ServiceId::from(*ids->service_id);
  if (ids->notifier && notifier_key_) {
    auto notifier = make_notifier(*notifier_key_, *notifier_dh_key_, ids->notifier->id, ids->notifier->server_dh_key);
    if (!notifier) return notifier.error();
    handle.notifier = *std::move(notifier);
  }
  return handle;
}

NotifierDraft::NotifierDraft(crypto::KeyKind kind)
    : key_(crypto::PrivateKey::generate(kind)), dh_key_(crypto::PrivateKey::generate(crypto::KeyKind::x25519)) {}

Request NotifierDraft::request(const QueueHandle& queue) const {
  return queue.by_recipient(smp::Nkey{key_.public_key(), dh_key_.public_key()});
}

Result<Notifier> NotifierDraft::finish(const Received& answer) const {
  const auto* nid = answer.get<smp::Nid>();
  if (nid == nullptr) return unexpected(answer);
  return make_notifier(key_, dh_key_, nid->notifier_id, nid->server_dh_key);
}

}  // namespace sotto::client
