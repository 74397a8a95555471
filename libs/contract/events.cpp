#include "libs/contract/events.hpp"

#include <utility>
#include <variant>

namespace sotto::contract {
namespace {

using backend::Event;

void put(const backend::MessageReady& in, queue::Event& out) {
  auto& ready = *out.mutable_message_ready();
  ready.mutable_queue()->assign(as_text(in.queue.view()));
  if (in.message) to_proto(*in.message, *ready.mutable_message());
}
void put(const backend::Ended& in, queue::Event& out) {
  to_proto(NamedId{.role = in.role, .id = in.id}, *out.mutable_ended()->mutable_id());
}
void put(const backend::Deleted& in, queue::Event& out) {
  to_proto(NamedId{.role = in.role, .id = in.id}, *out.mutable_deleted()->mutable_id());
}
void put(const backend::Notified& in, queue::Event& out) {
  auto& notified = *out.mutable_notified();
  notified.mutable_notifier_id()->assign(as_text(in.notifier_id.view()));
  for (const auto& notification : in.notifications) to_proto(notification, *notified.add_notifications());
}
void put(const backend::Blocked& in, queue::Event& out) {
  auto& blocked = *out.mutable_blocked();
  blocked.mutable_queue()->assign(as_text(in.queue.view()));
  to_proto(in.blocking, *blocked.mutable_blocking());
}
void put(const backend::ServiceEnded& in, queue::Event& out) {
  out.mutable_service_ended()->mutable_service_id()->assign(as_text(in.service.view()));
}

Result<std::optional<Event>> take(const queue::MessageReady& in) {
  const auto queue = id_from<RecipientId>(in.queue(), "a recipient id");
  if (!queue) return queue.error();
  backend::MessageReady out{.queue = *queue, .message = nullptr};
  if (in.has_message()) {
    auto message = from_proto(in.message());
    if (!message) return message.error();
    out.message = *std::move(message);
  }
  return std::optional<Event>(std::move(out));
}
template <class Kind>
Result<std::optional<Event>> take_id(const common::QueueId& in) {
  const auto id = from_proto(in);
  if (!id) return id.error();
  return std::optional<Event>(Kind{.role = id->role, .id = id->id});
}
Result<std::optional<Event>> take(const common::Notified& in) {
  const auto notifier = id_from<NotifierId>(in.notifier_id(), "a notifier id");
  if (!notifier) return notifier.error();
  backend::Notified out{.notifier_id = *notifier, .notifications = {}};
  out.notifications.reserve(static_cast<std::size_t>(in.notifications_size()));
  for (const auto& each : in.notifications()) {
    auto notification = from_proto(each);
    if (!notification) return notification.error();
    out.notifications.push_back(*std::move(notification));
  }
  return std::optional<Event>(std::move(out));
}
Result<std::optional<Event>> take(const queue::Blocked& in) {
  const auto queue = id_from<RecipientId>(in.queue(), "a recipient id");
  if (!queue) return queue.error();
  auto blocking = from_proto(in.blocking());
  if (!blocking) return blocking.error();
  return std::optional<Event>(backend::Blocked{.queue = *queue, .blocking = *std::move(blocking)});
}

}  // namespace

void to_proto(std::uint64_t connection, const Event& event, queue::Event& out) {
  out.set_connection(connection);
  std::visit([&](const auto& what) { put(what, out); }, event);
}

Result<std::optional<Event>> from_proto(const queue::Event& in) {
  switch (in.what_case()) {
    case queue::Event::kMessageReady:
      return take(in.message_ready());
    case queue::Event::kEnded:
      return take_id<backend::Ended>(in.ended().id());
    case queue::Event::kDeleted:
      return take_id<backend::Deleted>(in.deleted().id());
    case queue::Event::kNotified:
      return take(in.notified());
    case queue::Event::kBlocked:
      return take(in.blocked());
    case queue::Event::kServiceEnded: {
      const auto service = id_from<ServiceId>(in.service_ended().service_id(), "a service id");
      if (!service) return service.error();
      return std::optional<Event>(backend::ServiceEnded{.service = *service});
    }
    case queue::Event::WHAT_NOT_SET:
      break;
  }
  return std::optional<Event>();
}

std::size_t body_bytes(const Event& event) {
  if (const auto* ready = std::get_if<backend::MessageReady>(&event)) {
    return ready->message ? ready->message->body.size() : 0;
  }
  if (const auto* blocked = std::get_if<backend::Blocked>(&event)) return blocked->blocking.notice_json.size();
  std::size_t bytes = 0;
  if (const auto* notified = std::get_if<backend::Notified>(&event)) {
    for (const auto& notification : notified->notifications) bytes += notification.encrypted_meta.size();
  }
  return bytes;
}

}  // namespace sotto::contract
