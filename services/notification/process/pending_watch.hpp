// PendingWatch: what waits in Redis, as it was a few seconds ago: metrics and administrators are answered at once.
// Owned by the process. look() by one thread, the others from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "libs/base/clock.hpp"
#include "services/notification/domain/notification_status.hpp"
#include "services/notification/storage/redis/pending_index.hpp"

namespace sotto::notification {

class PendingWatch {
 public:
  // All must outlive this. `lifetime`: what is older is not delivered any more.
  PendingWatch(PendingIndex& index, NotificationHub& hub, std::chrono::seconds lifetime, const Clock& clock)
      : index_(index), hub_(hub), lifetime_(lifetime), clock_(clock) {}

  // To be called every second or so; asks Redis every few.
  void look();
  [[nodiscard]] NotificationStatus status() const;

 private:
  PendingIndex& index_;
  NotificationHub& hub_;
  const std::chrono::seconds lifetime_;
  const Clock& clock_;
  std::optional<std::chrono::steady_clock::time_point> next_;

  mutable std::mutex mutex_;
  PendingIndex::Totals totals_;          // guarded by mutex_
  std::vector<ServiceStatus> services_;  // guarded by mutex_
};

}  // namespace sotto::notification
