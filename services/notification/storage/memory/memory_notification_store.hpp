// MemoryNotificationStore: pending notifications that are forgotten when the process ends. For tests and for servers
// that leave nothing on disk. See NotificationStore for threads.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/notification/domain/notification_store.hpp"

namespace sotto::notification {

class MemoryNotificationStore final : public NotificationStore {
 public:
  explicit MemoryNotificationStore(std::size_t max_pending = kDefaultMaxPending) : max_pending_(max_pending) {}

  Result<std::uint64_t> append(std::span<const Pending> pending) override;
  Result<std::vector<Notification>> take(const NotifierId& notifier) override;
  Result<TakenPage> take_service(const ServiceId& service, std::size_t limit) override;
  Status know_service(const ServiceId& service, const crypto::Fingerprint& certificate_hash) override;
  Result<std::vector<ServiceWaiting>> services() override;
  Status remove(const NotifierRef& notifier) override;
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override;
  [[nodiscard]] StoreTotals totals() const override;
  [[nodiscard]] std::optional<std::int64_t> oldest() const override;

 private:
  struct Entry {
    std::vector<Notification> pending;  // oldest first, never empty
    std::int64_t oldest = 0;            // the least of their times, as in by_time_
    std::optional<ServiceId> service;   // as in by_service_
  };
  using Entries = std::unordered_map<NotifierId, Entry>;

  void index(const NotifierId& notifier, Entry& entry);
  void erase(Entries::iterator entry);
  void count(std::int64_t notifiers, std::int64_t notifications);
  // by_time_ has changed.
  void note_oldest();

  const std::size_t max_pending_;
  Entries entries_;
  std::set<std::pair<std::int64_t, NotifierId>> by_time_;
  std::set<std::pair<ServiceId, NotifierId>> by_service_;
  std::map<ServiceId, crypto::Fingerprint> services_;

  mutable std::mutex mutex_;
  StoreTotals totals_;                  // guarded by mutex_
  std::optional<std::int64_t> oldest_;  // guarded by mutex_
};

}  // namespace sotto::notification
