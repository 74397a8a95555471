// What the notification service counts of its clients, as metrics (docs/operations.md explains each).
#pragma once

#include "libs/observability/metrics.hpp"
#include "services/notification/api/notification_server.hpp"

namespace sotto::notification {

// The server must outlive the callbacks of `metrics`.
void expose_server(metrics::Metrics& metrics, const NotificationServer& server);

}  // namespace sotto::notification
