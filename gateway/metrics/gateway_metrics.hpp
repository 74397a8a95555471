// What a gateway counts, as metrics (docs/operations.md explains each).
#pragma once

#include "gateway/access/access_cache.hpp"
#include "gateway/counters.hpp"
#include "gateway/identity/identity_watch.hpp"
#include "gateway/relay/relay_counters.hpp"
#include "gateway/web/web_counters.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::gateway {

// `counters` must outlive the callbacks of `metrics`.
void expose_gateway(metrics::Metrics& metrics, const GatewayCounters& counters);
// The same of private routing: servers that clients send to through this one.
void expose_relays(metrics::Metrics& metrics, const RelayCounters& counters);
// The same of the certificate that clients are shown: when it ends, and how often it was loaded anew.
void expose_identity(metrics::Metrics& metrics, const IdentityCounters& counters);

// The same of browsers that were given a page.
void expose_web(metrics::Metrics& metrics, const WebCounters& counters);

// The same of passwords: whether one is needed, and whether that is known.
void expose_access(metrics::Metrics& metrics, const AccessCache& access);

}  // namespace sotto::gateway
