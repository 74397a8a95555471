// From a command of a block whose record is there to the operation that the backend is asked for; a command that is
// refused before is answered here.
#include <utility>

#include "gateway/session/block_task.hpp"
#include "gateway/session/responses.hpp"
#include "libs/smp/message_body.hpp"

namespace sotto::gateway {
namespace {

using smp::CommandError;
using smp::SimpleError;

}  // namespace

std::optional<backend::Action> BlockTask::prepare(Item& item) {
  if (is_of_service(item)) return subscribe_service_action(item);
  if (const auto* command = std::get_if<smp::New>(&*item.command)) return create_action(item, *command);
  if (item.unseen == Item::Unseen::secures) return secure_unseen(item);
  if (item.unseen == Item::Unseen::looks_up) {
    item.unseen = Item::Unseen::no;
    return look_up(item);
  }
  if (!authorized(item)) {
    if (!item.record_may_be_old) {
      fail(item, SimpleError::auth);
      return std::nullopt;
    }
    owner_->in_doubt(item.transmission.entity_id);
    return look_up(item);
  }
  item.refusal.reset();
  return action_for(item);
}

std::optional<backend::Action> BlockTask::secure_unseen(Item& item) {
  const auto& command = std::get<smp::Skey>(*item.command);
  if (!owner_->session()->authorizer.verify(item.transmission, {&command.key, 1})) {
    fail(item, SimpleError::auth);
    return std::nullopt;
  }
  return backend::SecureBySender{.sender_id = *SenderId::from(item.transmission.entity_id), .key = command.key};
}

std::optional<backend::Action> BlockTask::create_action(Item& item, const smp::New& command) {
  auto made = make_queue(command, item.transmission.corr_id);
  if (auto* error = std::get_if<smp::ProtocolError>(&made)) {
    fail(item, std::move(*error));
    return std::nullopt;
  }
  item.new_queue = std::make_unique<NewQueue>(std::get<NewQueue>(std::move(made)));
  item.new_queue->create.record.service = service_id();
  return item.new_queue->create;
}

std::optional<backend::Action> BlockTask::action_for(Item& item) {
  using Use = Subscriptions::Use;
  const auto& command = *item.command;
  auto* entry = owner_->session()->subscriptions.find(item.record->recipient_id);
  const auto prohibited_after = [&](Use use) { return entry != nullptr && entry->use == use; };
  if (const auto* send = std::get_if<smp::Send>(&command)) return append_action(item, *send);
  if (const auto* ack = std::get_if<smp::Ack>(&command)) return ack_action(item, *ack);
  if (std::holds_alternative<smp::Sub>(command)) {
    if (prohibited_after(Use::fetched)) return refuse_unless_blocked(item, CommandError::prohibited);
    return backend::Subscribe{.resume = false, .service = service_id()};
  }
  if (std::holds_alternative<smp::Get>(command)) {
    if (prohibited_after(Use::subscribed) || prohibited_after(Use::served))
      return refuse_unless_blocked(item, CommandError::prohibited);
    return backend::Fetch{};
  }
  if (const auto* key = std::get_if<smp::Key>(&command)) return backend::Secure{key->key, false, false};
  if (const auto* key = std::get_if<smp::Skey>(&command)) return backend::Secure{key->key, true, false};
  if (const auto* key = std::get_if<smp::Lkey>(&command)) return backend::Secure{key->key, true, true};
  if (const auto* keys = std::get_if<smp::Rkey>(&command)) return backend::SetRecipientKeys{keys->keys};
  if (const auto* link = std::get_if<smp::Lset>(&command)) {
    const auto link_id = LinkId::from(link->link_id);
    if (!link_id) {
      fail(item, SimpleError::auth);
      return std::nullopt;
    }
    return backend::SetLink{*link_id, {to_bytes(link->data.fixed), to_bytes(link->data.user)}};
  }
  if (std::holds_alternative<smp::Ldel>(command)) return backend::DeleteLink{};
  if (std::holds_alternative<smp::Lget>(command)) return backend::GetLink{};
  if (const auto* notifier = std::get_if<smp::Nkey>(&command)) {
    auto made = make_notifier(notifier->key, notifier->dh_key);
    if (!made) {
      fail(item, SimpleError::crypto);
      return std::nullopt;
    }
    item.new_notifier = std::make_unique<NewNotifierCredentials>(std::move(*made));
    return backend::SetNotifier{item.new_notifier->notifier};
  }
  if (std::holds_alternative<smp::Ndel>(command)) return backend::DeleteNotifier{};
  if (std::holds_alternative<smp::Off>(command)) return backend::Suspend{};
  if (std::holds_alternative<smp::Del>(command)) return backend::Delete{};
  if (std::holds_alternative<smp::Que>(command)) return backend::Inspect{};
  if (std::holds_alternative<smp::Nsub>(command))
    return backend::SubscribeNotifier{.resume = false, .notifier = {}, .service = service_id()};
  fail(item, SimpleError::internal);  // a command without a line above is our own bug; the tests walk them all
  return std::nullopt;
}

std::optional<backend::Action> BlockTask::append_action(Item& item, const smp::Send& command) {
  if (command.body.size() > smp::max_message_size(version_of(item))) {
    fail(item, SimpleError::large_msg);
    return std::nullopt;
  }
  const auto& record = *item.record;
  auto message = std::make_shared<backend::StoredMessage>();
  message->id = random_message_id();
  message->seconds = unix_seconds(owner_->context().clock.system_now());
  message->body.reserve(smp::kEncryptedMessageSize);
  // Further flag characters are reserved: only the notification flag goes on.
  smp::encrypt_message(record.recipient_box_key, message->id, message->seconds, command.flags.first(1), command.body,
                       message->body);
  backend::Append append{message, std::nullopt};
  if (command.notify() && record.notifier) {
    backend::Notification notification;
    notification.nonce = crypto::random_nonce();
    notification.seconds = message->seconds;
    notification.encrypted_meta =
        smp::encrypt_notification(record.notifier->box_key, notification.nonce, message->id, message->seconds);
    append.notification = std::move(notification);
  }
  return append;
}

std::optional<backend::Action> BlockTask::ack_action(Item& item, const smp::Ack& command) {
  const auto* entry = owner_->session()->subscriptions.find(item.record->recipient_id);
  const bool delivered = entry != nullptr && entry->delivery == Subscriptions::Delivery::delivered;
  if (!delivered || !(command.message_id.empty() || equal(command.message_id, entry->delivered_id.view()))) {
    return refuse_unless_blocked(item, SimpleError::no_msg);
  }
  return backend::Ack{entry->delivered_id, entry->use != Subscriptions::Use::fetched};
}

backend::Action BlockTask::refuse_unless_blocked(Item& item, smp::ProtocolError refusal) {
  item.refusal = std::move(refusal);
  return backend::Fetch{};
}

}  // namespace sotto::gateway
