// What queue services and the notification service say to each other ⇄ sotto.notification.v1; values.hpp says what
// holds for all conversions. Any thread.
#pragma once

#include <sotto/notification/v1/notification.pb.h>

#include <optional>
#include <variant>

#include "libs/backend/notification_backend.hpp"
#include "libs/contract/values.hpp"

namespace sotto::contract {

namespace notification = ::sotto::notification::v1;

struct PushRequest {
  backend::NotifierRef notifier;
  backend::Notification notification;
};
struct SubscribeRequest {
  backend::NotifierRef notifier;
  backend::SessionRef session;
  bool resume = false;
  std::uint64_t number = 0;  // 0: is not answered
  std::optional<backend::NotifierRef> former = std::nullopt;
};
struct SubscribeServiceRequest {
  backend::Service service;
  backend::SessionRef session;
  bool resume = false;
  std::uint64_t number = 0;
};
struct RemoveRequest {
  backend::NotifierRef notifier;
  backend::SessionRef by;
};
struct EndSessionRequest {
  backend::SessionRef session;
};
using NotificationRequest =
    std::variant<PushRequest, SubscribeRequest, SubscribeServiceRequest, RemoveRequest, EndSessionRequest>;

void to_proto(const NotificationRequest& request, notification::Request& out);
// Nothing: a request of a newer client, to be ignored.
Result<std::optional<NotificationRequest>> from_proto(const notification::Request& in);

struct SessionEvent {
  backend::SessionRef session;
  backend::Event event;  // of the notification service: Notified, Ended, Deleted or ServiceEnded
};
void to_proto(const SessionEvent& event, notification::Event& out);
// Nothing: an event of a newer service, to be ignored.
Result<std::optional<SessionEvent>> from_proto(const notification::Event& in);

}  // namespace sotto::contract
