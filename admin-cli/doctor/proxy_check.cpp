#include "admin-cli/doctor/proxy_check.hpp"

#include "admin-cli/doctor/endpoint_connection.hpp"

namespace sotto::cli {

Findings check_proxy(const gateway::ProxyConfig& config) {
  if (!config.enabled) return {skipped("proxy.enabled is off: nothing is passed to other servers")};
  if (!config.socks_proxy) return {fine("other servers are connected to directly, and none at .onion addresses")};
  const auto name = config::format_endpoint(*config.socks_proxy);
  const auto reached = try_connect(*config.socks_proxy);
  if (reached) return {fine("the SOCKS proxy " + name + " listens")};
  const auto seen = "the SOCKS proxy " + name + " is not reached (" + reached.error().message + "): ";
  constexpr const char* kRemedy = "start it, as Tor with this SocksPort, or correct proxy.socks_proxy";
  if (config.socks_mode == dial::SocksMode::always) return {failed(seen + "no message goes out", kRemedy)};
  return {warning(seen + "no message goes out to .onion addresses", kRemedy)};
}

}  // namespace sotto::cli
