// InProcessNotifications: the NotificationDirectory of one process. Who listens is kept in memory, what waits in a
// NotificationStore.
//
// See NotificationDirectory for threads. The store must outlive it.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "services/notification/domain/notification_directory.hpp"
#include "services/notification/domain/notification_store.hpp"

namespace sotto::notification {

class InProcessNotifications final : public NotificationDirectory {
 public:
  explicit InProcessNotifications(NotificationStore& store) : store_(store) {}

  Placed place(std::span<Bundle> bundles) override;
  std::vector<Listened> listen(std::span<const Listen> requests) override;
  ListenedService listen_service(const backend::Service& service, SessionRef session, bool resume) override;
  Result<TakenPage> take_service(const ServiceId& service) override;
  Result<std::vector<ServiceStatus>> services() override;
  Removed remove(const NotifierRef& notifier) override;
  void end_session(SessionRef session) override;
  // Nothing to do: there is no elsewhere.
  void forget_session(SessionRef /*session*/) override {}
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override { return store_.expire(cutoff, limit); }
  [[nodiscard]] std::size_t subscribed() const override { return listeners_.size(); }
  void close() override;

 private:
  Listened listen(const Listen& request);
  // Makes the session the one that listens under `key`, unless it resumes and a newer one does. Gives who did.
  std::optional<SessionRef> hold(const NotifierId& key, SessionRef session, bool resume, bool& holds);
  void forget(SessionRef session, const NotifierId& notifier);

  NotificationStore& store_;
  // By notifier, and by service for those that belong to one: both ids are random.
  std::unordered_map<NotifierId, SessionRef> listeners_;
  std::map<SessionRef, std::unordered_set<NotifierId>> sessions_;
};

}  // namespace sotto::notification
