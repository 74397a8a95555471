#include "libs/contract/operations.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace sotto::contract {
namespace {

using backend::Action;
using backend::Outcome;

void set(std::string& out, ByteView bytes) {
  out.assign(as_text(bytes));
}

void put(const backend::Find& in, queue::Operation& out) {
  to_proto(NamedId{.role = in.role, .id = in.id}, *out.mutable_find()->mutable_id());
}
void put(const backend::Create& in, queue::Operation& out) {
  auto& create = *out.mutable_create();
  to_proto(in.record, *create.mutable_record());
  if (in.link) to_proto(*in.link, *create.mutable_link());
  create.set_subscribe(in.subscribe);
}
void put(const backend::Secure& in, queue::Operation& out) {
  auto& secure = *out.mutable_secure();
  to_proto(in.key, *secure.mutable_key());
  secure.set_by_sender(in.by_sender);
  secure.set_with_link(in.with_link);
}
void put(const backend::SecureBySender& in, queue::Operation& out) {
  auto& secure = *out.mutable_secure_by_sender();
  set(*secure.mutable_sender_id(), in.sender_id.view());
  to_proto(in.key, *secure.mutable_key());
}
void put(const backend::SetRecipientKeys& in, queue::Operation& out) {
  auto& set_keys = *out.mutable_set_recipient_keys();
  for (const auto& key : in.keys) to_proto(key, *set_keys.add_keys());
}
void put(const backend::SetLink& in, queue::Operation& out) {
  auto& set_link = *out.mutable_set_link();
  set(*set_link.mutable_link_id(), in.link_id.view());
  to_proto(in.link, *set_link.mutable_link());
}
void put(const backend::DeleteLink& /*in*/, queue::Operation& out) {
  out.mutable_delete_link();
}
void put(const backend::GetLink& /*in*/, queue::Operation& out) {
  out.mutable_get_link();
}
void put(const backend::SetNotifier& in, queue::Operation& out) {
  to_proto(in.notifier, *out.mutable_set_notifier()->mutable_notifier());
}
void put(const backend::DeleteNotifier& /*in*/, queue::Operation& out) {
  out.mutable_delete_notifier();
}
void put(const backend::Suspend& /*in*/, queue::Operation& out) {
  out.mutable_suspend();
}
void put(const backend::Delete& /*in*/, queue::Operation& out) {
  out.mutable_delete_();
}
void put(const backend::Subscribe& in, queue::Operation& out) {
  auto& subscribe = *out.mutable_subscribe();
  subscribe.set_resume(in.resume);
  if (in.service) set(*subscribe.mutable_service_id(), in.service->view());
}
void put(const backend::Fetch& in, queue::Operation& out) {
  out.mutable_fetch()->set_if_subscribed(in.if_subscribed);
}
void put(const backend::Ack& in, queue::Operation& out) {
  auto& ack = *out.mutable_ack();
  set(*ack.mutable_message_id(), in.message_id.view());
  ack.set_then_next(in.then_next);
}
void put(const backend::Append& in, queue::Operation& out) {
  auto& append = *out.mutable_append();
  to_proto(*in.message, *append.mutable_message());
  if (in.notification) to_proto(*in.notification, *append.mutable_notification());
}
void put(const backend::Inspect& /*in*/, queue::Operation& out) {
  out.mutable_inspect();
}
void put(const backend::SubscribeNotifier& in, queue::Operation& out) {
  auto& subscribe = *out.mutable_subscribe_notifier();
  subscribe.set_resume(in.resume);
  if (in.notifier != NotifierId{}) set(*subscribe.mutable_notifier_id(), in.notifier.view());
  if (in.service) set(*subscribe.mutable_service_id(), in.service->view());
}
void put(const backend::RegisterService& in, queue::Operation& out) {
  auto& service = *out.mutable_register_service();
  set(*service.mutable_service_id(), in.service.id.view());
  service.set_role(std::string(1, in.service.role));
  set(*service.mutable_certificate_hash(), in.service.certificate_hash);
}
void put(const backend::SubscribeService& in, queue::Operation& out) {
  auto& subscribe = *out.mutable_subscribe_service();
  set(*subscribe.mutable_service_id(), in.service.id.view());
  subscribe.set_role(std::string(1, in.service.role));
  subscribe.set_resume(in.resume);
  set(*subscribe.mutable_certificate_hash(), in.service.certificate_hash);
}
void put(const backend::ListService& in, queue::Operation& out) {
  auto& list = *out.mutable_list_service();
  set(*list.mutable_service_id(), in.id.view());
  if (in.after != RecipientId{}) set(*list.mutable_after(), in.after.view());
  list.set_limit(in.limit);
}
// Administrators do not come by way of a gateway, and a gateway that is broken into must not block queues: the
// operation stays without action, and is refused like one that nobody knows.
template <class Kind>
std::enable_if_t<backend::kOfAdministrators<Kind>> put(const Kind& /*in*/, queue::Operation& /*out*/) {}

Result<Action> take(const queue::Find& in) {
  const auto id = from_proto(in.id());
  if (!id) return id.error();
  return Action(backend::Find{.role = id->role, .id = id->id});
}
Result<Action> take(const queue::Create& in) {
  auto record = from_proto(in.record());
  if (!record) return record.error();
  backend::Create out{.record = *std::move(record), .link = std::nullopt, .subscribe = in.subscribe()};
  if (in.has_link()) out.link = from_proto(in.link());
  return Action(std::move(out));
}
Result<Action> take(const queue::Secure& in) {
  const auto key = from_proto(in.key());
  if (!key) return key.error();
  return Action(backend::Secure{.key = *key, .by_sender = in.by_sender(), .with_link = in.with_link()});
}
Result<Action> take(const queue::SecureBySender& in) {
  const auto id = id_from<SenderId>(in.sender_id(), "a sender id");
  if (!id) return id.error();
  const auto key = from_proto(in.key());
  if (!key) return key.error();
  return Action(backend::SecureBySender{.sender_id = *id, .key = *key});
}
Result<Action> take(const queue::SetRecipientKeys& in) {
  if (in.keys().empty()) return malformed("recipient keys that are none");
  backend::SetRecipientKeys out;
  out.keys.reserve(static_cast<std::size_t>(in.keys_size()));
  for (const auto& each : in.keys()) {
    const auto key = from_proto(each);
    if (!key) return key.error();
    out.keys.push_back(*key);
  }
  return Action(std::move(out));
}
Result<Action> take(const queue::SetLink& in) {
  const auto id = id_from<LinkId>(in.link_id(), "a link id");
  if (!id) return id.error();
  return Action(backend::SetLink{.link_id = *id, .link = from_proto(in.link())});
}
Result<Action> take(const queue::SetNotifier& in) {
  auto notifier = from_proto(in.notifier());
  if (!notifier) return notifier.error();
  return Action(backend::SetNotifier{.notifier = *std::move(notifier)});
}
Result<Action> take(const queue::Ack& in) {
  const auto id = id_from<MessageId>(in.message_id(), "a message id");
  if (!id) return id.error();
  return Action(backend::Ack{.message_id = *id, .then_next = in.then_next()});
}
Result<Action> take(const queue::Append& in) {
  auto message = from_proto(in.message());
  if (!message) return message.error();
  backend::Append out{.message = *std::move(message), .notification = std::nullopt};
  if (in.has_notification()) {
    auto notification = from_proto(in.notification());
    if (!notification) return notification.error();
    out.notification = *std::move(notification);
  }
  return Action(std::move(out));
}

Result<Action> take(const queue::Subscribe& in) {
  const auto service = service_from(in.service_id());
  if (!service) return service.error();
  return Action(backend::Subscribe{.resume = in.resume(), .service = *service});
}

Result<Action> take(const queue::SubscribeNotifier& in) {
  const auto service = service_from(in.service_id());
  if (!service) return service.error();
  backend::SubscribeNotifier out{.resume = in.resume(), .notifier = {}, .service = *service};
  if (in.notifier_id().empty()) return Action(out);
  const auto id = id_from<NotifierId>(in.notifier_id(), "a notifier id");
  if (!id) return id.error();
  out.notifier = *id;
  return Action(out);
}

// Which of `known` it is.
Result<char> role_from(const std::string& role, std::string_view known) {
  if (role.size() != 1 || known.find(role[0]) == std::string_view::npos) return malformed("a role of a service");
  return role[0];
}

// The fields that actions of a service share. Its role is one of `roles`.
template <class Message>
Result<backend::Service> service_of(const Message& in, std::string_view roles) {
  const auto id = id_from<ServiceId>(in.service_id(), "a service id");
  if (!id) return id.error();
  const auto role = role_from(in.role(), roles);
  if (!role) return role.error();
  const auto hash = certificate_hash_from(in.certificate_hash());
  if (!hash) return hash.error();
  return backend::Service{.id = *id, .role = *role, .certificate_hash = *hash};
}

Result<Action> take(const queue::RegisterService& in) {
  const auto service = service_of(in, "MNP");
  if (!service) return service.error();
  return Action(backend::RegisterService{.service = *service});
}

Result<Action> take(const queue::SubscribeService& in) {
  const auto service = service_of(in, "MN");
  if (!service) return service.error();
  return Action(backend::SubscribeService{.service = *service, .resume = in.resume()});
}

// Of one page: what a transaction may look at.
constexpr std::uint32_t kMaxListed = 10'000;

Result<Action> take(const queue::ListService& in) {
  const auto id = id_from<ServiceId>(in.service_id(), "a service id");
  if (!id) return id.error();
  backend::ListService out{.id = *id, .after = {}, .limit = std::clamp(in.limit(), 1U, kMaxListed)};
  if (in.after().empty()) return Action(out);
  const auto after = id_from<RecipientId>(in.after(), "a recipient id");
  if (!after) return after.error();
  out.after = *after;
  return Action(out);
}

Result<Action> action_from(const queue::Operation& in) {
  switch (in.action_case()) {
    case queue::Operation::kFind:
      return take(in.find());
    case queue::Operation::kCreate:
      return take(in.create());
    case queue::Operation::kSecure:
      return take(in.secure());
    case queue::Operation::kSecureBySender:
      return take(in.secure_by_sender());
    case queue::Operation::kSetRecipientKeys:
      return take(in.set_recipient_keys());
    case queue::Operation::kSetLink:
      return take(in.set_link());
    case queue::Operation::kDeleteLink:
      return Action(backend::DeleteLink{});
    case queue::Operation::kGetLink:
      return Action(backend::GetLink{});
    case queue::Operation::kSetNotifier:
      return take(in.set_notifier());
    case queue::Operation::kDeleteNotifier:
      return Action(backend::DeleteNotifier{});
    case queue::Operation::kSuspend:
      return Action(backend::Suspend{});
    case queue::Operation::kDelete:
      return Action(backend::Delete{});
    case queue::Operation::kSubscribe:
      return take(in.subscribe());
    case queue::Operation::kFetch:
      return Action(backend::Fetch{.if_subscribed = in.fetch().if_subscribed()});
    case queue::Operation::kAck:
      return take(in.ack());
    case queue::Operation::kAppend:
      return take(in.append());
    case queue::Operation::kInspect:
      return Action(backend::Inspect{});
    case queue::Operation::kSubscribeNotifier:
      return take(in.subscribe_notifier());
    case queue::Operation::kRegisterService:
      return take(in.register_service());
    case queue::Operation::kSubscribeService:
      return take(in.subscribe_service());
    case queue::Operation::kListService:
      return take(in.list_service());
    case queue::Operation::ACTION_NOT_SET:
      break;
  }
  return malformed("an action that this version does not know");
}

bool names_queue(const Action& action) {
  return std::visit([](const auto& kind) { return !backend::kOfNoQueue<std::decay_t<decltype(kind)>>; }, action);
}

queue::Outcome to_proto(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return queue::OUTCOME_OK;
    case Outcome::stale:
      return queue::OUTCOME_STALE;
    case Outcome::gone:
      return queue::OUTCOME_GONE;
    case Outcome::refused:
      return queue::OUTCOME_REFUSED;
    case Outcome::blocked:
      return queue::OUTCOME_BLOCKED;
    case Outcome::quota:
      return queue::OUTCOME_QUOTA;
    case Outcome::conflict:
      return queue::OUTCOME_CONFLICT;
    case Outcome::unavailable:
      return queue::OUTCOME_UNAVAILABLE;
  }
  return queue::OUTCOME_UNAVAILABLE;
}

Outcome from_proto(queue::Outcome outcome) {
  switch (outcome) {
    case queue::OUTCOME_OK:
      return Outcome::ok;
    case queue::OUTCOME_STALE:
      return Outcome::stale;
    case queue::OUTCOME_GONE:
      return Outcome::gone;
    case queue::OUTCOME_REFUSED:
      return Outcome::refused;
    case queue::OUTCOME_BLOCKED:
      return Outcome::blocked;
    case queue::OUTCOME_QUOTA:
      return Outcome::quota;
    case queue::OUTCOME_CONFLICT:
      return Outcome::conflict;
    default:
      return Outcome::unavailable;
  }
}

std::size_t link_bytes(const backend::LinkBlob& link) {
  return link.fixed.size() + link.user.size();
}

}  // namespace

void to_proto(const backend::Operation& operation, queue::Operation& out) {
  if (names_queue(operation.action)) {
    set(*out.mutable_queue(), operation.queue.view());
    out.set_version(operation.version);
  }
  std::visit([&](const auto& action) { put(action, out); }, operation.action);
}

Result<backend::Operation> from_proto(const queue::Operation& in) {
  auto action = action_from(in);
  if (!action) return action.error();
  backend::Operation out{.queue = {}, .version = in.version(), .action = *std::move(action)};
  if (names_queue(out.action)) {
    const auto queue = id_from<RecipientId>(in.queue(), "a recipient id");
    if (!queue) return queue.error();
    out.queue = *queue;
  }
  return out;
}

namespace {

void to_proto(const backend::ServiceResult& result, queue::ServiceResult& out) {
  out.set_count(result.ids.count);
  set(*out.mutable_ids_hash(), result.ids.hash);
  for (const auto& queue : result.with_messages) set(*out.add_with_messages(), queue.view());
  if (result.last != RecipientId{}) set(*out.mutable_last(), result.last.view());
  out.set_more(result.more);
}

Result<backend::ServiceResult> from_proto(const queue::ServiceResult& in) {
  backend::ServiceResult out;
  out.ids.count = in.count();
  if (!in.ids_hash().empty()) {
    if (in.ids_hash().size() != out.ids.hash.size()) return malformed("a hash of ids");
    std::copy(in.ids_hash().begin(), in.ids_hash().end(), out.ids.hash.begin());
  }
  out.with_messages.reserve(static_cast<std::size_t>(in.with_messages_size()));
  for (const auto& each : in.with_messages()) {
    const auto queue = id_from<RecipientId>(each, "a recipient id");
    if (!queue) return queue.error();
    out.with_messages.push_back(*queue);
  }
  if (!in.last().empty()) {
    const auto last = id_from<RecipientId>(in.last(), "a recipient id");
    if (!last) return last.error();
    out.last = *last;
  }
  out.more = in.more();
  return out;
}

}  // namespace

void to_proto(const backend::OperationResult& result, queue::OperationResult& out) {
  out.set_outcome(to_proto(result.outcome));
  if (result.record) to_proto(*result.record, *out.mutable_record());
  if (result.message) to_proto(*result.message, *out.mutable_message());
  if (result.link) to_proto(*result.link, *out.mutable_link());
  out.set_messages(result.messages);
  out.set_subscribed(result.subscribed);
  if (result.service) to_proto(*result.service, *out.mutable_service());
}

Result<backend::OperationResult> from_proto(const queue::OperationResult& in) {
  backend::OperationResult out;
  out.outcome = from_proto(in.outcome());
  if (in.has_record()) {
    auto record = from_proto(in.record());
    if (!record) return record.error();
    out.record = std::make_shared<const backend::QueueRecord>(*std::move(record));
  }
  // What the gateway does next is decided by it.
  if ((out.outcome == Outcome::stale || out.outcome == Outcome::blocked) && !out.record) {
    return malformed("a result that needs a record has none");
  }
  if (in.has_message()) {
    auto message = from_proto(in.message());
    if (!message) return message.error();
    out.message = *std::move(message);
  }
  if (in.has_link()) out.link = from_proto(in.link());
  out.messages = in.messages();
  out.subscribed = in.subscribed();
  if (in.has_service()) {
    auto service = from_proto(in.service());
    if (!service) return service.error();
    out.service = std::make_shared<const backend::ServiceResult>(*std::move(service));
  }
  return out;
}

std::size_t body_bytes(const backend::Operation& operation) {
  if (const auto* append = std::get_if<backend::Append>(&operation.action)) {
    return append->message->body.size() + (append->notification ? append->notification->encrypted_meta.size() : 0);
  }
  if (const auto* set_link = std::get_if<backend::SetLink>(&operation.action)) return link_bytes(set_link->link);
  if (const auto* create = std::get_if<backend::Create>(&operation.action)) {
    return create->link ? link_bytes(*create->link) : 0;
  }
  return 0;
}

std::size_t body_bytes(const backend::OperationResult& result) {
  return (result.message ? result.message->body.size() : 0) + (result.link ? link_bytes(*result.link) : 0);
}

}  // namespace sotto::contract
