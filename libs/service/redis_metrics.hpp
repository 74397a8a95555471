// What every service counts of its connections to Redis, as metrics (docs/operations.md explains each).
#pragma once

#include "libs/observability/metrics.hpp"
#include "libs/redis/client.hpp"

namespace sotto::service {

// `client` must outlive the callbacks of `metrics`.
void expose_redis(metrics::Metrics& metrics, const redis::Client& client);

}  // namespace sotto::service
