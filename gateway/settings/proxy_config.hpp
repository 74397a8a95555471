// The settings of private routing (docs/private-routing.md): their rows, and the relays that they describe. Pure,
// except where it says so; one thread.
#pragma once

#include <memory>

#include "gateway/relay/relay_pool.hpp"
#include "gateway/settings/gateway_config.hpp"
#include "libs/backend/access_policy.hpp"
#include "libs/base/result.hpp"
#include "libs/config/table.hpp"
#include "libs/dial/guarded_dialer.hpp"

namespace sotto::gateway {

// Begins the section [proxy].
void proxy_rows(config::Table& table, GatewayConfig& all);

// As the pool and its dialer want them. Precondition: the rules of proxy_rows() hold.
RelayOptions relay_options(const ProxyConfig& config);
dial::DialOptions dial_options(const ProxyConfig& config);

// Starts the relays of these settings; a null pointer when private routing is off. `access` must outlive them.
Result<std::unique_ptr<RelayPool>> open_relays(const GatewayConfig& config, const backend::AccessPolicy& access);

}  // namespace sotto::gateway
