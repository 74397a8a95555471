// GatewayContext: what all connections of a gateway share. Owned by the Gateway, outlives every connection; everything
// in it may be used from any I/O thread.
#pragma once

#include "gateway/counters.hpp"
#include "gateway/names/name_resolver.hpp"
#include "gateway/relay/relays.hpp"
#include "gateway/settings.hpp"
#include "gateway/web/web_counters.hpp"
#include "gateway/web/web_pages.hpp"
#include "libs/backend/access_policy.hpp"
#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::gateway {

// What browsers are given that come to the ports of the protocol.
struct Web {
  const WebPages& pages;
  WebCounters& counters;
};

struct GatewayContext {
  GatewaySettings settings;
  crypto::Fingerprint fingerprint;  // of the identity: its certificates may change, this does not
  backend::QueueBackend& queues;
  backend::AccessPolicy& access;
  NameResolver* names;  // null: none, RSLV is answered with NO_RESOLVER
  Web* web;             // null: no page for browsers
  Relays* relays;       // null: no private routing, PRXY is answered with HOST
  const Clock& clock;
  Secret<32> source_key;  // random: digests of addresses are worth nothing outside this process
  GatewayCounters counters;
};

}  // namespace sotto::gateway
