// Effects: what a batch does outside the store, as values, so that it can wait until the store has committed.
#pragma once

#include <variant>

#include "libs/backend/notification_backend.hpp"
#include "libs/backend/queue_backend.hpp"

namespace sotto::queue {

// For the EventSink.
struct SendEvent {
  backend::SessionRef to;
  backend::Event event;
};
// For the NotificationBackend, each as the function of that name.
struct PushNotification {
  NotifierId notifier;
  backend::Notification notification;
};
struct SubscribeToNotifier {
  NotifierId notifier;
  backend::SessionRef session;
};
struct RemoveNotifier {
  NotifierId notifier;
  backend::SessionRef by;
};

using Effect = std::variant<SendEvent, PushNotification, SubscribeToNotifier, RemoveNotifier>;

}  // namespace sotto::queue
