#include "libs/contract/notifications.hpp"

#include <type_traits>
#include <utility>

#include "libs/contract/events.hpp"

namespace sotto::contract {
namespace {

// The fields that requests about a notifier share.
template <class Request>
void set(Request& out, const backend::NotifierRef& notifier) {
  out.mutable_notifier_id()->assign(as_text(notifier.id.view()));
  if (notifier.service) out.mutable_service_id()->assign(as_text(notifier.service->view()));
}
template <class Request>
Result<backend::NotifierRef> notifier_from(const Request& in) {
  const auto id = id_from<NotifierId>(in.notifier_id(), "a notifier id");
  if (!id) return id.error();
  const auto service = service_from(in.service_id());
  if (!service) return service.error();
  return backend::NotifierRef{.id = *id, .service = *service};
}

void to_proto(backend::SessionRef session, common::Session& out) {
  out.set_gateway(session.gateway);
  out.set_connection(session.connection);
}
backend::SessionRef session_from(const common::Session& in) {
  return {.gateway = in.gateway(), .connection = in.connection()};
}

using MaybeRequest = std::optional<NotificationRequest>;

Result<MaybeRequest> take(const notification::Push& in) {
  const auto notifier = notifier_from(in);
  if (!notifier) return notifier.error();
  auto notification = from_proto(in.notification());
  if (!notification) return notification.error();
  return MaybeRequest(PushRequest{.notifier = *notifier, .notification = *std::move(notification)});
}
Result<MaybeRequest> take(const notification::Subscribe& in) {
  const auto notifier = notifier_from(in);
  if (!notifier) return notifier.error();
  SubscribeRequest out{.notifier = *notifier,
                       .session = session_from(in.session()),
                       .resume = in.resume(),
                       .number = in.number(),
                       .former = std::nullopt};
  if (in.changes_service()) {
    const auto former = service_from(in.former_service_id());
    if (!former) return former.error();
    out.former = backend::NotifierRef{.id = notifier->id, .service = *former};
  }
  return MaybeRequest(out);
}
Result<MaybeRequest> take(const notification::SubscribeService& in) {
  const auto service = id_from<ServiceId>(in.service_id(), "a service id");
  if (!service) return service.error();
  const auto hash = certificate_hash_from(in.certificate_hash());
  if (!hash) return hash.error();
  return MaybeRequest(SubscribeServiceRequest{.service = {.id = *service, .role = 'N', .certificate_hash = *hash},
                                              .session = session_from(in.session()),
                                              .resume = in.resume(),
                                              .number = in.number()});
}
Result<MaybeRequest> take(const notification::Remove& in) {
  const auto notifier = notifier_from(in);
  if (!notifier) return notifier.error();
  return MaybeRequest(RemoveRequest{.notifier = *notifier, .by = session_from(in.by())});
}

}  // namespace

void to_proto(const NotificationRequest& request, notification::Request& out) {
  std::visit(
      [&out](const auto& what) {
        using Kind = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<Kind, PushRequest>) {
          auto& push = *out.mutable_push();
          set(push, what.notifier);
          to_proto(what.notification, *push.mutable_notification());
        } else if constexpr (std::is_same_v<Kind, SubscribeRequest>) {
          auto& subscribe = *out.mutable_subscribe();
          set(subscribe, what.notifier);
          to_proto(what.session, *subscribe.mutable_session());
          subscribe.set_resume(what.resume);
          subscribe.set_number(what.number);
          subscribe.set_changes_service(what.former.has_value());
          if (what.former && what.former->service) {
            subscribe.mutable_former_service_id()->assign(as_text(what.former->service->view()));
          }
        } else if constexpr (std::is_same_v<Kind, SubscribeServiceRequest>) {
          auto& subscribe = *out.mutable_subscribe_service();
          subscribe.mutable_service_id()->assign(as_text(what.service.id.view()));
          subscribe.mutable_certificate_hash()->assign(as_text(what.service.certificate_hash));
          to_proto(what.session, *subscribe.mutable_session());
          subscribe.set_resume(what.resume);
          subscribe.set_number(what.number);
        } else if constexpr (std::is_same_v<Kind, RemoveRequest>) {
          auto& remove = *out.mutable_remove();
          set(remove, what.notifier);
          to_proto(what.by, *remove.mutable_by());
        } else {
          static_assert(std::is_same_v<Kind, EndSessionRequest>);
          to_proto(what.session, *out.mutable_end_session());
        }
      },
      request);
}

Result<std::optional<NotificationRequest>> from_proto(const notification::Request& in) {
  switch (in.what_case()) {
    case notification::Request::kPush:
      return take(in.push());
    case notification::Request::kSubscribe:
      return take(in.subscribe());
    case notification::Request::kSubscribeService:
      return take(in.subscribe_service());
    case notification::Request::kRemove:
      return take(in.remove());
    case notification::Request::kEndSession:
      return MaybeRequest(EndSessionRequest{session_from(in.end_session())});
    case notification::Request::WHAT_NOT_SET:
      break;
  }
  return MaybeRequest();
}

// The events are those of the stream of the queue service, and share its conversions.
void to_proto(const SessionEvent& event, notification::Event& out) {
  to_proto(event.session, *out.mutable_session());
  queue::Event all;
  to_proto(event.session.connection, event.event, all);
  if (all.has_notified()) *out.mutable_notified() = std::move(*all.mutable_notified());
  if (all.has_ended()) *out.mutable_ended() = std::move(*all.mutable_ended());
  if (all.has_deleted()) *out.mutable_deleted() = std::move(*all.mutable_deleted());
  if (all.has_service_ended()) *out.mutable_service_ended() = std::move(*all.mutable_service_ended());
}

Result<std::optional<SessionEvent>> from_proto(const notification::Event& in) {
  queue::Event all;
  if (in.has_notified()) *all.mutable_notified() = in.notified();
  if (in.has_ended()) *all.mutable_ended() = in.ended();
  if (in.has_deleted()) *all.mutable_deleted() = in.deleted();
  if (in.has_service_ended()) *all.mutable_service_ended() = in.service_ended();
  auto event = from_proto(all);
  if (!event) return event.error();
  if (!*event) return std::optional<SessionEvent>();
  return std::optional<SessionEvent>(SessionEvent{session_from(in.session()), **std::move(event)});
}

}  // namespace sotto::contract
