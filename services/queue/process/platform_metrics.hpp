// What the queue service counts of its connections to gateways, PostgreSQL and Redis, as metrics (docs/operations.md
// explains each). All arguments must outlive the callbacks of `metrics`.
#pragma once

#include "libs/observability/metrics.hpp"
#include "services/queue/api/queue_server.hpp"
#include "services/queue/process/database_watch.hpp"
#include "services/queue/storage/redis/redis_coordination.hpp"

namespace sotto::queue {

void expose_server(metrics::Metrics& metrics, const QueueServerCounters& counters);
void expose_database(metrics::Metrics& metrics, const DatabaseWatch& database);
void expose_redis(metrics::Metrics& metrics, RedisCoordination& redis);

}  // namespace sotto::queue
