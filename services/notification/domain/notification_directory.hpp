// NotificationDirectory: which session listens to which notifier, and what waits for the notifiers that nobody listens
// to. Both in one, because replicas share it: a notification must either find the session that listens, or be found by
// the one that comes. Implemented by InProcessNotifications (standalone) and storage/redis (all replicas); one
// conformance suite (notification_directory_conformance.hpp) runs over each.
//
// Calls do not fail: what cannot be done is lost, and counted. Threads: one at a time (the hub's thread).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/result.hpp"
#include "services/notification/domain/notification_store.hpp"

namespace sotto::notification {

using backend::SessionRef;

// Notifications of one notifier, oldest first.
struct Bundle {
  NotifierId notifier;
  std::vector<Notification> notifications;
  std::optional<ServiceId> service = std::nullopt;  // the notifier's
};
struct Placed {
  // For each bundle the session that listens. Nothing: nobody does, and the notifications were stored (and moved from).
  std::vector<std::optional<SessionRef>> listeners;
  std::uint64_t stored = 0;       // notifications
  std::uint64_t dropped_old = 0;  // notifications, because a notifier had too many pending
  std::uint64_t failures = 0;     // calls of the engine that failed: what they concerned is lost
};

struct Listen {
  NotifierId notifier;
  SessionRef session;
  bool resume = false;  // not when a newer connection listens
  // The notifier's: the session then listens to all of the service.
  std::optional<ServiceId> service = std::nullopt;
  // Who listened under this listens no longer, and what waited for it waits here. The same notifier.
  std::optional<NotifierRef> former = std::nullopt;
};
struct Listened {
  std::optional<SessionRef> former;   // who listened until now; may be the same session
  bool listens = false;               // the session does now
  std::optional<SessionRef> left;     // who listened under Listen::former
  std::vector<Notification> pending;  // that waited, oldest first; they are removed
  bool failed = false;                // a call of the engine failed: some of this may be lost
};

struct ListenedService {
  std::optional<SessionRef> former;  // as in Listened
  bool listens = false;
  bool failed = false;
};

struct ServiceStatus {
  crypto::Fingerprint certificate_hash{};
  bool subscribed = false;              // some session listens to it
  std::uint64_t notifiers_pending = 0;  // of its notifiers, those for which something waits
};

struct Removed {
  std::optional<SessionRef> listener;  // who listened until now
  bool failed = false;
};

class NotificationDirectory {
 public:
  virtual ~NotificationDirectory() = default;
  virtual Placed place(std::span<Bundle> bundles) = 0;
  // In order; one answer each.
  virtual std::vector<Listened> listen(std::span<const Listen> requests) = 0;
  // To all notifiers of the service.
  virtual ListenedService listen_service(const backend::Service& service, SessionRef session, bool resume) = 0;
  // What waits for its notifiers, some of them at a time.
  virtual Result<TakenPage> take_service(const ServiceId& service) = 0;
  // Of those that subscribed last, at most kMostServices.
  virtual Result<std::vector<ServiceStatus>> services() = 0;
  // Nobody listens to it any more, and nothing waits. Who listens to its service goes on with the others.
  virtual Removed remove(const NotifierRef& notifier) = 0;
  // The session listens to nothing any more.
  virtual void end_session(SessionRef session) = 0;
  // The session may subscribe elsewhere from now on: what is known of it here is forgotten, and it listens as before.
  virtual void forget_session(SessionRef session) = 0;
  // Removes notifications that came before `cutoff` (seconds since 1970), at least `limit` of them if there are so
  // many.
  virtual Result<Expired> expire(std::int64_t cutoff, std::size_t limit) = 0;
  // Notifiers that a session listens to which came through this directory, as far as it is known here.
  [[nodiscard]] virtual std::size_t subscribed() const = 0;
  // The process ends: sessions that only it knows listen no longer, so that what is placed from now on is stored.
  virtual void close() = 0;
};

}  // namespace sotto::notification
