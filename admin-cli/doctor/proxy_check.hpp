// The check `proxy`: whether messages to other servers can go out as the settings say. One thread.
#pragma once

#include "admin-cli/doctor/finding.hpp"
#include "gateway/settings/gateway_config.hpp"

namespace sotto::cli {

// Connects to the SOCKS proxy, when there is one, and asks nothing of it.
Findings check_proxy(const gateway::ProxyConfig& config);

}  // namespace sotto::cli
