#include "gateway/settings/proxy_config.hpp"

#include <optional>
#include <string>

#include "gateway/settings/networks.hpp"
#include "libs/config/value.hpp"

namespace sotto::gateway {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// What no server of the domains can be called.
bool is_domain(std::string_view text) {
  const auto host = smp::parse_host(text);
  return host && host->kind != smp::HostKind::ipv4 && host->kind != smp::HostKind::ipv6;
}

std::optional<std::string> problem_with(const ProxyConfig& config) {
  if (const auto parsed = networks_of(config.private_networks); !parsed) {
    return "proxy.private_networks: " + parsed.error().message;
  }
  for (const auto part : config::split_list(config.own_domains)) {
    if (!is_domain(part)) return "proxy.own_domains: '" + std::string(part) + "' is no domain, such as example.com";
  }
  for (const auto& server : config.dns_servers) {
    boost::system::error_code error;
    boost::asio::ip::make_address(server.address, error);
    if (error) return "proxy.dns_servers: " + server.address + " is no IP address";
  }
  if (config.socks_mode == dial::SocksMode::always && !config.socks_proxy) {
    return "proxy.socks_mode is always, but proxy.socks_proxy is not set: name the SOCKS proxy";
  }
  if (config.host_mode == dial::HostMode::onion && config.required_host_mode && !config.socks_proxy) {
    return "proxy.host_mode is onion and required, but proxy.socks_proxy is not set: no relay could be reached";
  }
  return std::nullopt;
}

}  // namespace

void proxy_rows(config::Table& table, GatewayConfig& all) {
  auto& config = all.proxy;
  table.section("proxy", "Private routing: messages that clients send to other servers through this one");
  table.boolean({"enabled", "proxy-enabled", "true",
                 "Whether clients may send through this server, with a password where one is needed. `sotto policy set "
                 "--proxy` switches it while the server runs."},
                config.enabled);
  table.choice<dial::HostMode>({"host_mode", "proxy-host-mode", "public",
                                "Which hosts of a server with several are connected to: public or onion ones first."},
                               {{"public", dial::HostMode::public_hosts}, {"onion", dial::HostMode::onion}},
                               config.host_mode);
  table.boolean({"required_host_mode", "proxy-required-host-mode", "false",
                 "Servers that have no host of that kind are not connected to."},
                config.required_host_mode);
  table.endpoint({"socks_proxy", "proxy-socks-proxy", "",
                  "SOCKS5 proxy, for example of Tor: 127.0.0.1:9050. Empty: none, .onion hosts are not connected to."},
                 config.socks_proxy);
  table.choice<dial::SocksMode>(
      {"socks_mode", "proxy-socks-mode", "onion", "What goes through it: .onion hosts only, or everything (always)."},
      {{"onion", dial::SocksMode::onion}, {"always", dial::SocksMode::always}}, config.socks_mode);
  table.text({"private_networks", "proxy-private-networks", "",
              "Networks that are not public and may be connected to nevertheless. Empty: none, so that nobody uses the "
              "proxy to reach the inner network."},
             "networks with commas between them, for example 10.1.0.0/16,fd00::/8, or empty", config.private_networks);
  table.text({"own_domains", "proxy-own-domains", "",
              "Domains whose servers, and those below them, are counted apart in the metrics."},
             "domains with commas between them, for example example.com,example.org, or empty", config.own_domains);
  table.endpoints({"dns_servers", "proxy-dns-servers", "",
                   "Who is asked for the addresses of servers. Empty: as the machine is set up."},
                  config.dns_servers);
  table.duration({"connect_timeout", "proxy-connect-timeout", "15s",
                  "How long a connection to a server may take, with its handshakes. Apps give up after 25 seconds."},
                 {seconds(1), minutes(2)}, config.connect_timeout);
  table.duration({"request_timeout", "proxy-request-timeout", "15s",
                  "How long a server may take to answer. Apps give up after 20 seconds."},
                 {seconds(1), minutes(2)}, config.request_timeout);
  table.duration(
      {"idle_timeout", "proxy-idle-timeout", "10m", "Connections to servers unused for this long are closed."},
      {seconds(1), hours(24)}, config.idle_timeout);
  table.duration({"retry_after", "proxy-retry-after", "30s",
                  "A server that could not be connected to is not tried again for this long; 0: at once."},
                 {milliseconds(0), hours(1)}, config.retry_after);
  table.integer({"max_relays", "proxy-max-relays", "1000",
                 "Connections to other servers. When there are as many, idle ones make room."},
                {1U, 100'000U}, config.max_relays);
  table.integer<std::uint16_t>({"client_concurrency", "proxy-client-concurrency", "32",
                                "Messages of one client that may be on their way to other servers together."},
                               {1, 1000}, config.client_concurrency);
  table.boolean({"log_hosts", "proxy-log-hosts", "false",
                 "Whether the log names servers that cannot be reached: it says then whom your users write to."},
                config.log_hosts);
  table.rule([&config] { return problem_with(config); });
}

RelayOptions relay_options(const ProxyConfig& config) {
  RelayOptions out;
  out.connect_timeout = config.connect_timeout;
  out.request_timeout = config.request_timeout;
  out.idle_timeout = config.idle_timeout;
  out.retry_after = config.retry_after;
  out.max_relays = relays_by_file_limit(config);
  // A quarter of them may be on their way, so that servers that do not answer leave room for those that do.
  out.max_connecting = (out.max_relays + 3) / 4;
  for (const auto part : config::split_list(config.own_domains)) out.own_domains.emplace_back(part);
  out.log_hosts = config.log_hosts;
  return out;
}

dial::DialOptions dial_options(const ProxyConfig& config) {
  dial::DialOptions out;
  out.host_mode = config.host_mode;
  out.required_host_mode = config.required_host_mode;
  if (config.socks_proxy) out.socks = dial::SocksProxy{config.socks_proxy->address, config.socks_proxy->port};
  out.socks_mode = config.socks_mode;
  out.private_networks = networks_of(config.private_networks).value();
  for (const auto& server : config.dns_servers) {
    out.dns.servers.emplace_back(boost::asio::ip::make_address(server.address), server.port);
  }
  return out;
}

Result<std::unique_ptr<RelayPool>> open_relays(const GatewayConfig& config, const backend::AccessPolicy& access) {
  if (!config.proxy.enabled) return std::unique_ptr<RelayPool>();
  const auto make_dialer = [&](boost::asio::io_context& io) -> Result<std::unique_ptr<client::Dialer>> {
    return std::unique_ptr<client::Dialer>(
        std::make_unique<dial::GuardedDialer>(io.get_executor(), dial_options(config.proxy)));
  };
  return RelayPool::create(relay_options(config.proxy), make_dialer, access);
}

}  // namespace sotto::gateway
