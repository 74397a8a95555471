// The check `ports`: whether the server is where it should listen. Connects to this machine; one thread.
#pragma once

#include <optional>
#include <vector>

#include "admin-cli/doctor/finding.hpp"
#include "gateway/settings/gateway_config.hpp"
#include "libs/config/value.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::cli {

// Every port of the gateway: somebody listens, and it is an SMP server with this identity (absent: it is not known, and
// only whether somebody listens is said). Where nobody does: whether this user may.
Findings check_smp_ports(const gateway::GatewayConfig& config, const std::optional<crypto::Fingerprint>& identity);

// Where a service listens for gateways: somebody does.
Findings check_service_ports(const std::vector<config::Endpoint>& listen);

}  // namespace sotto::cli
