// ServerSettings: everything that can be set of sotto-server, checked once at start, and where it is read from
// (docs/configuration.md is made from the same table). A plain value; const after start, then any thread may read it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "gateway/settings/gateway_config.hpp"
#include "libs/base/result.hpp"
#include "libs/config/table.hpp"
#include "libs/runtime/process_settings.hpp"
#include "services/auth/settings/admin_config.hpp"
#include "services/notification/settings/notification_config.hpp"
#include "services/queue/settings/queue_config.hpp"

namespace sotto::standalone {

// What each of its parts can be set to, and where it stores.
struct ServerSettings : gateway::GatewayConfig,
                        queue::QueueConfig,
                        notification::NotificationConfig,
                        auth::AdminConfig,
                        runtime::ProcessSettings {
  // [storage]
  std::filesystem::path data_dir;
  bool ephemeral = false;
  std::uint64_t block_cache = 0;  // bytes
  // [access]
  std::string password_key_file;  // empty: password.key in the identity directory
  // [admin]
  std::string admin_socket;  // empty: admin.sock in the data directory, none of an ephemeral server
};

// The table bound to `settings`, which must outlive it.
config::Table server_table(ServerSettings& settings);

struct LoadedSettings : runtime::LoadedTable {
  ServerSettings settings;  // meaningful for run and check_config
};

// configuration with all problems, one a line. `environment` as main() finds it in `environ`, ended by a null pointer.
Result<LoadedSettings> load_settings(int argc, const char* const* argv, const char* const* environment);

}  // namespace sotto::standalone
