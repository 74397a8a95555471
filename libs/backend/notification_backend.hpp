// NotificationBackend: what the queue service hands to the notification service, in process or behind gRPC. Calls never
// block and never fail: a lost notification service delays notifications and touches nothing else. Any thread.
#pragma once

#include <functional>

#include "libs/backend/queue_backend.hpp"

namespace sotto::backend {

class NotificationBackend {
 public:
  virtual ~NotificationBackend() = default;
  virtual void push(const NotifierId& notifier, Notification notification) = 0;
  // Pending notifications follow as Notified events; another session that was subscribed gets Ended. `resume`: the
  // session says again that it subscribes; when a newer connection does, the session gets Ended instead.
  // `registered` is called once everybody knows who the subscriber is, or when that cannot be said now; before any
  // event for the session, and also at the end of the backend.
  virtual void subscribe(const NotifierId& notifier, SessionRef session, bool resume,
                         std::function<void()> registered) = 0;
  // The credentials are gone: pending ones are dropped, a subscribed session other than `by` gets Deleted.
  virtual void remove(const NotifierId& notifier, SessionRef by) = 0;
  virtual void end_session(SessionRef session) = 0;
};

}  // namespace sotto::backend
