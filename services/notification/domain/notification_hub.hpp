// NotificationHub: the logic of the notification service. It asks the directory which session listens, collects what is
// for it, and delivers; the directory keeps what nobody listens to (README.md says what the service promises).
//
// Owned by the process; directory (or store), sink and clock must outlive it. Calls may come from any thread and only
// enqueue; the hub's own thread does the work and is the only one that uses the directory and calls the sink.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "libs/backend/notification_backend.hpp"
#include "libs/base/clock.hpp"
#include "services/notification/domain/notification_directory.hpp"
#include "services/notification/domain/notification_store.hpp"

namespace sotto::notification {

struct HubOptions {
  // How long deliveries to a session are collected; 0: none are.
  std::chrono::milliseconds interval{1500};
  // How long a notification is kept for a notifier that nobody listens to.
  std::chrono::seconds lifetime = std::chrono::hours(24);
  // Pushes that may wait for the hub's thread; when there are more, the oldest are dropped.
  std::size_t max_waiting_pushes = 65536;
  // Notifications of one notifier that are collected at most; then they are delivered before the interval is over.
  std::size_t max_collected = kDefaultMaxPending;
};

struct HubCounters {
  std::uint64_t subscribed = 0;  // notifiers that a session listens to which came through this hub; now
  std::uint64_t collected = 0;   // notifications that wait for the interval to be over; now
  // Since the hub was made.
  std::uint64_t delivered = 0;         // handed to a session
  std::uint64_t stored = 0;            // put into the store
  std::uint64_t dropped_overload = 0;  // the hub had too much to do (max_waiting_pushes)
  std::uint64_t dropped_old = 0;       // the notifier had too many pending
  std::uint64_t expired = 0;           // nobody came within the lifetime
  std::uint64_t store_failures = 0;    // calls of the store or the directory that failed; what they concerned is lost
};

class NotificationHub final : public backend::NotificationBackend {
 public:
  // Over a directory, which other hubs may share.
  NotificationHub(NotificationDirectory& directory, backend::EventSink& sink, const Clock& clock, HubOptions options);
  // The only hub of the store: over an InProcessNotifications of its own.
  NotificationHub(NotificationStore& store, backend::EventSink& sink, const Clock& clock, HubOptions options);
  // Does what was asked before, delivers or stores what was collected, and stops.
  ~NotificationHub() override;
  NotificationHub(const NotificationHub&) = delete;
  NotificationHub& operator=(const NotificationHub&) = delete;

  void push(const NotifierRef& notifier, Notification notification) override;
  void subscribe(const NotifierRef& notifier, std::optional<NotifierRef> former, backend::SessionRef session,
                 bool resume, std::function<void()> registered) override;
  void subscribe_service(const backend::Service& service, backend::SessionRef session, bool resume,
                         std::function<void()> registered) override;
  void remove(const NotifierRef& notifier, backend::SessionRef by) override;
  void end_session(backend::SessionRef session) override;
  // The session may subscribe at another hub of the same directory from now on: this one need not remember it.
  void forget_session(backend::SessionRef session);

  // Of the services that subscribed last; nothing when the directory fails. Likewise not on the hub's thread.
  std::vector<ServiceStatus> services();
  // Delivers what is collected, without waiting for the interval, and returns when all that was asked before is done.
  // Not on the hub's thread (from the sink).
  void flush_now();
  // Removes all expired notifications, which otherwise happens once a minute, and returns when that is done. Likewise.
  void expire_now();
  [[nodiscard]] HubCounters counters() const;

 private:
  class Worker;
  std::unique_ptr<NotificationDirectory> own_directory_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace sotto::notification
