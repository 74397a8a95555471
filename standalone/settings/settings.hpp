// ServerSettings: everything that can be set of sotto-server, checked once at start, and where it is read from
// (docs/configuration.md is made from the same table). A plain value; const after start, then any thread may read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/config/load.hpp"
#include "libs/config/table.hpp"
#include "libs/observability/log.hpp"

namespace sotto::standalone {

// Zero durations mean "off" only where the comment says so.
struct ServerSettings {
  // [transport]
  std::vector<std::uint16_t> ports;  // 0: a free one
  // Set by somebody: a port that cannot be bound ends the start. Otherwise it is skipped with a warning.
  bool ports_explicit = false;
  std::vector<std::string> listen;  // IPv4 and IPv6 addresses, without brackets
  // As ports_explicit: by default a family that the machine lacks is skipped.
  bool listen_explicit = false;
  config::Range versions;  // of SMP, both included
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
  // [storage]
  std::filesystem::path data_dir;
  bool ephemeral = false;
  std::uint64_t block_cache = 0;  // bytes
  // [access]
  std::optional<SecretString> password;  // absent: anybody may create queues
  bool new_queues = true;
  // [queues]
  std::uint32_t quota = 0;  // messages in a queue
  std::chrono::milliseconds message_lifetime{};
  std::chrono::milliseconds expiry_interval{};
  bool expire_on_start = true;
  bool expire_on_send = false;
  // [events]
  std::chrono::milliseconds end_interval{};           // END and DELD are sent together this often; 0: at once
  std::chrono::milliseconds notification_interval{};  // the same for NMSG
  std::chrono::milliseconds notification_lifetime{};
  // [log]
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
  // [metrics]
  std::optional<config::Endpoint> metrics_listen;  // absent: off
  // [shutdown]
  std::chrono::milliseconds drain_time{};
};

// The table bound to `settings`, which must outlive it.
config::Table server_table(ServerSettings& settings);

// What the command line asks for.
struct LoadedSettings {
  config::Request request = config::Request::run;
  ServerSettings settings;  // meaningful for run and check_config
  std::vector<std::string> warnings;
  std::string text;  // for check_config, help and version: what to print on standard output
};

// configuration with all problems, one a line. `environment` as main() finds it in `environ`, ended by a null pointer.
Result<LoadedSettings> load_settings(int argc, const char* const* argv, const char* const* environment);

}  // namespace sotto::standalone
