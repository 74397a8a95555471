// NotificationBackend: what the queue service hands to the notification service, in process or behind gRPC. Calls never
// block and never fail: a lost notification service delays notifications and touches nothing else. Any thread.
#pragma once

#include <functional>
#include <optional>

#include "libs/backend/queue_backend.hpp"

namespace sotto::backend {

// A notifier, and who subscribes to it: its service, when it has one, and otherwise whoever subscribes to it alone.
struct NotifierRef {
  NotifierId id;
  std::optional<ServiceId> service = std::nullopt;
  friend bool operator==(const NotifierRef&, const NotifierRef&) = default;
};

class NotificationBackend {
 public:
  virtual ~NotificationBackend() = default;
  virtual void push(const NotifierRef& notifier, Notification notification) = 0;
  // Pending notifications follow as Notified events; another session that was subscribed gets Ended. `resume`: the
  // session says again that it subscribes; when a newer connection does, the session gets Ended instead.
  // `registered` is called once everybody knows who the subscriber is, or when that cannot be said now; before any
  // event for the session, and also at the end of the backend.
  // `former`: whose subscription it was when that changes with this (absent: nothing changes). Who had it gets Ended.
  // A notifier of a service makes the session the service's subscriber; who was it gets ServiceEnded.
  virtual void subscribe(const NotifierRef& notifier, std::optional<NotifierRef> former, SessionRef session,
                         bool resume, std::function<void()> registered) = 0;
  // To all notifiers of the service: what is pending of them follows. Another session that was subscribed gets
  // ServiceEnded, and with `resume` this one, when the other is newer.
  virtual void subscribe_service(const Service& service, SessionRef session, bool resume,
                                 std::function<void()> registered) = 0;
  // The credentials are gone: pending ones are dropped, a subscribed session other than `by` gets Deleted.
  virtual void remove(const NotifierRef& notifier, SessionRef by) = 0;
  virtual void end_session(SessionRef session) = 0;
};

}  // namespace sotto::backend
