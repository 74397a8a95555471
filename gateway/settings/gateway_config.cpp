#include "gateway/settings/gateway_config.hpp"

#include <algorithm>
#include <string_view>

#include "gateway/settings/networks.hpp"
#include "libs/runtime/file_limit.hpp"
#include "libs/smp/version.hpp"

namespace sotto::gateway {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kDay{24};
constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kGiB = 1024 * 1024 * kKiB;

// The password travels as a short string (one byte of length) and stands in the address between ":" and "@".
constexpr std::size_t kMaxPassword = 255;

std::string password_problem(std::string_view password) {
  if (password.size() > kMaxPassword) return "is longer than 255 characters";
  const auto forbidden = [](char c) { return c <= ' ' || c > '~' || c == '@' || c == ':' || c == '/'; };
  if (std::any_of(password.begin(), password.end(), forbidden)) return "holds a character that an address cannot have";
  return "";
}

// Files that are not connections: tables and logs of a store, listeners, connections to services, standard streams.
constexpr std::size_t kOtherFiles = 700;

// One file of so many may be a connection to another server.
constexpr std::size_t kFilesOfRelays = 4;

std::size_t connections_by_file_limit(const ProxyConfig& proxy) {
  const auto files = runtime::file_limit();
  const auto others = kOtherFiles + (proxy.enabled ? relays_by_file_limit(proxy) : 0);
  return files > 2 * others ? files - others : files / 2;
}

}  // namespace

std::size_t relays_by_file_limit(const ProxyConfig& config) {
  return std::max<std::size_t>(1, std::min<std::size_t>(config.max_relays, runtime::file_limit() / kFilesOfRelays));
}

void transport_rows(config::Table& table, GatewayConfig& config) {
  table.section("transport", "Connections");
  table.ports(
      {"ports", "ports", "5223,443",
       "TCP ports to listen on. A default port that may not be bound is skipped with a warning; a port that was "
       "set must be free."},
      config.ports);
  table.addresses({"listen", "listen", "0.0.0.0,::",
                   "Addresses to listen on. By default both families; one that the machine lacks is skipped."},
                  config.listen);
  table.range({"versions", "versions", "6-20", "Versions of SMP that are offered to clients."},
              {smp::kMinVersion, smp::kMaxVersion}, config.versions);
  table.text(
      {"proxy_protocol_networks", "proxy-protocol-networks", "",
       "Networks of balancers. Each connection from there must begin with a header of the PROXY protocol, version "
       "2, and its client comes from where that says; from anywhere else such a header ends the connection. "
       "Empty: the PROXY protocol is not spoken."},
      "networks with commas between them, for example 10.1.0.0/16,fd00::/8, or empty", config.proxy_protocol_networks);
  table.rule([&config]() -> std::optional<std::string> {
    const auto parsed = networks_of(config.proxy_protocol_networks);
    if (parsed) return std::nullopt;
    return "transport.proxy_protocol_networks: " + parsed.error().message;
  });
  table.duration({"tls_handshake_timeout", "tls-handshake-timeout", "60s",
                  "How long a connection may take for its TLS handshake."},
                 {seconds(1), minutes(10)}, config.tls_handshake_timeout);
  table.duration({"smp_handshake_timeout", "smp-handshake-timeout", "120s",
                  "How long a connection may take for its SMP handshake, after TLS."},
                 {seconds(1), minutes(10)}, config.smp_handshake_timeout);
  table.duration({"idle_timeout", "idle-timeout", "6h",
                  "A connection without subscriptions that sent nothing for so long is closed; 0: never."},
                 {milliseconds(0), 30 * kDay}, config.idle_timeout);
  table.duration({"idle_check_interval", "idle-check-interval", "1h", "How often idle connections are looked for."},
                 {milliseconds(10), kDay}, config.idle_check_interval);
  table.integer({"max_connections", "max-connections", "0",
                 "Connections at a time; further ones are refused. 0: as many as the limit of open files allows."},
                {0U, 10'000'000U}, config.max_connections);
  table.integer({"max_handshakes", "max-handshakes", "10000",
                 "Connections at a time that have not finished their handshakes; further ones are refused."},
                {1U, 10'000'000U}, config.max_handshakes);
  table.size({"output_limit", "output-limit", "256KiB",
              "Bytes that may wait to be sent to a client; above, nothing more is read from it."},
             {32 * kKiB, kGiB}, config.output_limit);
  table.duration({"stall_timeout", "stall-timeout", "30s",
                  "A client that is above output_limit and reads nothing for so long is disconnected."},
                 {milliseconds(100), hours(1)}, config.stall_timeout);
  table.integer({"io_threads", "io-threads", "0", "Threads that serve connections. 0: one for each core."}, {0U, 1024U},
                config.io_threads);
}

void identity_rows(config::Table& table, GatewayConfig& config) {
  table.section("identity", "Identity");
  table.path(
      {"dir", "identity-dir", "/etc/sotto/identity",
       "Directory with ca.crt, server.crt, server.key and fingerprint; `sotto init` makes one. The key of the CA "
       "does not belong here."},
      config.identity_dir);
  table.duration({"reload_interval", "identity-reload-interval", "5s",
                  "How often to look whether these files have changed; a new certificate of the same CA is then used "
                  "for new connections. SIGHUP looks at once."},
                 {milliseconds(100), hours(1)}, config.identity_reload_interval);
}

void access_rows(config::Table& table, GatewayConfig& config) {
  table.section("access", "Who may create queues");
  table.secret({"password", "password", "",
                "Needed to create queues, not to send or receive. Without one anybody may create queues here."},
               "at most 255 printable ASCII characters without space, @, : and /", password_problem, config.password);
  table.boolean(
      {"new_queues", "new-queues", "true", "Whether queues can be created at all. Existing ones work either way."},
      config.new_queues);
}

void end_interval_row(config::Table& table, GatewayConfig& config) {
  table.duration({"end_interval", "end-interval", "1s",
                  "Clients whose subscriptions moved to another connection are told this often; 0: at once."},
                 {milliseconds(0), hours(1)}, config.end_interval);
}

void close_time_row(config::Table& table, GatewayConfig& config) {
  table.duration(
      {"close_time", "close-time", "0",
       "Between announce_time and drain_time: nobody new is taken, and clients' connections are closed, spread "
       "over this long, so that they do not come back all at once. Those that were silent longest go first; "
       "the others are served until it is their turn."},
      {milliseconds(0), hours(1)}, config.close_time);
}

void settle_origins(const config::Table& table, GatewayConfig& config) {
  config.ports_explicit = table.origin("transport.ports") != config::Origin::fallback;
  config.listen_explicit = table.origin("transport.listen") != config::Origin::fallback;
}

std::vector<std::string> warnings_of(const GatewayConfig& config) {
  if (config.password || !config.new_queues) return {};
  return {
      "access.password is not set: ANYBODY who knows the address MAY CREATE QUEUES here; set SOTTO_PASSWORD_FILE "
      "unless "
      "this is meant to be a public server"};
}

std::vector<std::string> identity_warnings(const GatewayConfig& config) {
  std::error_code ignored;  // what cannot be read is named by who loads the identity
  if (!std::filesystem::exists(config.identity_dir / "ca.key", ignored)) return {};
  return {"the key of the CA (ca.key) lies in the identity directory: the server does not need it, move it offline"};
}

GatewaySettings gateway_settings(const GatewayConfig& config, std::chrono::milliseconds drain_time) {
  GatewaySettings out;
  for (const auto port : config.ports) {
    if (!config.listen_explicit) {
      out.listen.push_back({"", port, config.ports_explicit});
      continue;
    }
    for (const auto& address : config.listen) out.listen.push_back({address, port, config.ports_explicit});
  }
  out.versions = {config.versions.min, config.versions.max};
  if (auto balancers = networks_of(config.proxy_protocol_networks).value(); !balancers.empty()) {
    out.sends_proxy_header = [balancers = std::move(balancers)](const boost::asio::ip::address& address) {
      return std::any_of(balancers.begin(), balancers.end(),
                         [&](const auto& network) { return network.contains(address); });
    };
  }
  out.io_threads = config.io_threads;
  out.max_connections = config.max_connections != 0 ? config.max_connections : connections_by_file_limit(config.proxy);
  if (config.max_handshakes != 0) out.max_handshakes = config.max_handshakes;
  out.tls_handshake_timeout = config.tls_handshake_timeout;
  out.smp_handshake_timeout = config.smp_handshake_timeout;
  out.idle_timeout = config.idle_timeout;
  out.idle_check_interval = config.idle_check_interval;
  out.output_limit = config.output_limit;
  out.stall_timeout = config.stall_timeout;
  out.end_interval = config.end_interval;
  out.max_relaying = config.proxy.client_concurrency;
  out.close_time = config.close_time;
  out.drain_timeout = drain_time;
  return out;
}

}  // namespace sotto::gateway
