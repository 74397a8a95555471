// What a gateway counts of its streams to the queue service, as metrics (docs/operations.md explains each).
#pragma once

#include "gateway/backend/grpc_queue_backend.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::gateway {

// `counters` must outlive the callbacks of `metrics`.
void expose_backend(metrics::Metrics& metrics, const GrpcBackendCounters& counters);

}  // namespace sotto::gateway
