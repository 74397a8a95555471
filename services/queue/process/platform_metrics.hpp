// What the queue service counts of gateways and of what it has in Redis, as metrics (docs/operations.md
// explains each). All arguments must outlive the callbacks of `metrics`.
#pragma once

#include "libs/observability/metrics.hpp"
#include "services/queue/api/queue_server.hpp"
#include "services/queue/storage/redis/redis_coordination.hpp"

namespace sotto::queue {

void expose_server(metrics::Metrics& metrics, const QueueServerCounters& counters);
void expose_coordination(metrics::Metrics& metrics, RedisCoordination& redis);

}  // namespace sotto::queue
