// GatewayConfig: what can be set of the gateway in every program that holds one (sotto-server, sotto-gateway), and the
// rows of their tables for it. A value; const after start, then any thread may read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/settings.hpp"
#include "gateway/web/web_pages.hpp"
#include "libs/base/secret.hpp"
#include "libs/config/table.hpp"
#include "libs/dial/guarded_dialer.hpp"

namespace sotto::gateway {

// [proxy]: see proxy_config.hpp.
struct ProxyConfig {
  bool enabled = true;
  dial::HostMode host_mode = dial::HostMode::public_hosts;
  bool required_host_mode = false;
  std::optional<config::Endpoint> socks_proxy;
  dial::SocksMode socks_mode = dial::SocksMode::onion;
  std::string private_networks;  // a list
  std::string own_domains;       // a list
  std::vector<config::Endpoint> dns_servers;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds request_timeout{};
  std::chrono::milliseconds idle_timeout{};
  std::chrono::milliseconds retry_after{};
  std::uint32_t max_relays = 0;
  std::uint16_t client_concurrency = 0;  // commands of one client at relays
  bool log_hosts = false;
};

// [web] and [information]: see web_config.hpp.
struct WebConfig {
  std::string certificate;  // file; empty, as the key: browsers are refused on the ports of the protocol
  std::string key;
  std::optional<config::Endpoint> listen;
  ShowAddress show_address = ShowAddress::automatic;
  std::string hosts;  // a list
  ServerInformation information;
  // For the page alone.
  std::uint32_t quota = 0;
  std::chrono::milliseconds lifetime{};
};

// Zero durations mean "off" only where the comment says so.
struct GatewayConfig {
  // [transport]
  std::vector<std::uint16_t> ports;  // 0: a free one
  // Set by somebody: a port that cannot be bound ends the start. Otherwise it is skipped with a warning.
  bool ports_explicit = false;
  std::vector<std::string> listen;  // IPv4 and IPv6 addresses, without brackets
  // As ports_explicit: by default a family that the machine lacks is skipped.
  bool listen_explicit = false;
  config::Range versions;               // of SMP, both included
  std::string proxy_protocol_networks;  // a list; empty: the PROXY protocol is not spoken
  std::chrono::milliseconds tls_handshake_timeout{};
  std::chrono::milliseconds smp_handshake_timeout{};
  std::chrono::milliseconds idle_timeout{};  // 0: off
  std::chrono::milliseconds idle_check_interval{};
  std::uint32_t max_connections = 0;  // 0: what the limit of open files allows
  std::uint32_t max_handshakes = 0;   // connections that have not finished both handshakes
  std::uint64_t output_limit = 0;     // bytes a connection may have waiting to be sent before its requests wait
  std::chrono::milliseconds stall_timeout{};
  std::uint32_t io_threads = 0;  // 0: one a core
  // [identity]
  std::filesystem::path identity_dir;
  std::chrono::milliseconds identity_reload_interval{};
  // [access]
  std::optional<SecretString> password;  // absent: anybody may create queues
  bool new_queues = true;
  // [names]
  std::string resolver_url;  // empty: none
  std::chrono::milliseconds resolver_timeout{};
  std::uint64_t resolver_max_response = 0;    // bytes
  std::uint32_t resolver_max_concurrent = 0;  // requests; four times as many may wait
  std::string resolver_ca;                    // file; empty: the CAs of the system
  ProxyConfig proxy;
  WebConfig web;
  // [events]
  std::chrono::milliseconds end_interval{};  // END and DELD are sent together this often; 0: at once
  // [shutdown]
  std::chrono::milliseconds close_time{};  // over which connections are closed
};

// Each of these begins the section that it is called after, except the last two, which are rows of [events] and
// [shutdown].
void transport_rows(config::Table& table, GatewayConfig& config);
void identity_rows(config::Table& table, GatewayConfig& config);
void access_rows(config::Table& table, GatewayConfig& config);
void end_interval_row(config::Table& table, GatewayConfig& config);
void close_time_row(config::Table& table, GatewayConfig& config);

// After the table was loaded: sets what depends on where a value came from.
void settle_origins(const config::Table& table, GatewayConfig& config);
// What to warn of before the start: of the settings, and of what lies in the identity directory.
std::vector<std::string> warnings_of(const GatewayConfig& config);
std::vector<std::string> identity_warnings(const GatewayConfig& config);

// Connections to other servers, within the present limit of open files; at least one.
std::size_t relays_by_file_limit(const ProxyConfig& config);
// As the gateway wants it, with the present limit of open files.
GatewaySettings gateway_settings(const GatewayConfig& config, std::chrono::milliseconds drain_time);

}  // namespace sotto::gateway
