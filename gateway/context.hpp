// GatewayContext: what all connections of a gateway share. Owned by the Gateway, outlives every connection; everything
// in it may be used from any I/O thread.
#pragma once

#include <memory>

#include "gateway/counters.hpp"
#include "gateway/settings.hpp"
#include "gateway/tls/identity.hpp"
#include "libs/backend/access_policy.hpp"
#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/secret.hpp"

namespace sotto::gateway {

struct GatewayContext {
  GatewaySettings settings;
  Identity identity;
  std::shared_ptr<const transport::TlsContext> tls;
  backend::QueueBackend& queues;
  backend::AccessPolicy& access;
  const Clock& clock;
  Secret<32> source_key;  // random: digests of addresses are worth nothing outside this process
  GatewayCounters counters;
};

}  // namespace sotto::gateway
