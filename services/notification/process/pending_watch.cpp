#include "services/notification/process/pending_watch.hpp"

#include <algorithm>
#include <utility>

namespace sotto::notification {
namespace {

constexpr std::chrono::seconds kPeriod{3};

}  // namespace

void PendingWatch::look() {
  const auto now = std::chrono::steady_clock::now();
  if (next_ && now < *next_) return;
  next_ = now + kPeriod;
  const auto totals = index_.read();
  if (!totals) return;  // the last ones are better than none
  auto services = hub_.services();
  const std::lock_guard lock(mutex_);
  totals_ = *totals;
  services_ = std::move(services);
}

NotificationStatus PendingWatch::status() const {
  const auto hub = hub_.counters();
  const std::lock_guard lock(mutex_);
  std::int64_t age = 0;
  if (totals_.oldest) {
    age = std::clamp<std::int64_t>(unix_seconds(clock_.system_now()) - *totals_.oldest, 0, lifetime_.count());
  }
  auto status = status_of(hub, totals_.notifications, static_cast<std::uint64_t>(age));
  status.services = services_;
  return status;
}

}  // namespace sotto::notification
