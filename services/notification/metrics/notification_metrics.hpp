// What the notification service counts, as metrics (docs/operations.md explains each).
#pragma once

#include "libs/observability/metrics.hpp"
#include "services/notification/domain/notification_hub.hpp"

namespace sotto::notification {

// The hub must outlive the callbacks of `metrics`.
void expose_hub(metrics::Metrics& metrics, const NotificationHub& hub);

}  // namespace sotto::notification
