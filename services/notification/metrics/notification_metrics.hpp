// What the notification service counts, as metrics (docs/operations.md explains each).
#pragma once

#include <functional>

#include "libs/observability/metrics.hpp"
#include "services/notification/domain/notification_status.hpp"

namespace sotto::notification {

// The hub must outlive the callbacks of `metrics`.
void expose_hub(metrics::Metrics& metrics, const NotificationHub& hub);
// What waits, and for how long; `status` is asked at every scrape, and must not wait.
void expose_pending(metrics::Metrics& metrics, const std::function<NotificationStatus()>& status);

}  // namespace sotto::notification
