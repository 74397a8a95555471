// What a gateway counts of its way to the auth service, as metrics (docs/operations.md explains each).
#pragma once

#include "gateway/authority/grpc_access_authority.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::gateway {

// `counters` must outlive the callbacks of `metrics`.
void expose_authority(metrics::Metrics& metrics, const GrpcAuthorityCounters& counters);

}  // namespace sotto::gateway
