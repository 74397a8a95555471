// What a gateway counts, as metrics (docs/operations.md explains each).
#pragma once

#include "gateway/counters.hpp"
#include "libs/base/bytes.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::gateway {

// `counters` must outlive the callbacks of `metrics`.
void expose_gateway(metrics::Metrics& metrics, const GatewayCounters& counters);
// When the certificate that clients are shown ends.
void expose_certificate(metrics::Metrics& metrics, ByteView certificate_der);

}  // namespace sotto::gateway
