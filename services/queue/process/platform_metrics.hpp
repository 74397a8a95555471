// What the queue service counts of gateways, of what it has in Redis and of the notification service, as metrics
// (docs/operations.md explains each). All arguments must outlive the callbacks of `metrics`.
#pragma once

#include "libs/observability/metrics.hpp"
#include "services/notification/client/notification_client.hpp"
#include "services/queue/api/queue_server.hpp"
#include "services/queue/storage/redis/redis_coordination.hpp"

namespace sotto::queue {

void expose_server(metrics::Metrics& metrics, const QueueServerCounters& counters);
void expose_coordination(metrics::Metrics& metrics, RedisCoordination& redis);
void expose_notification_service(metrics::Metrics& metrics, const notification::NotificationClientCounters& counters);

}  // namespace sotto::queue
