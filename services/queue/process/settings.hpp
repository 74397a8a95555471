// ProgramSettings: everything that can be set of sotto-queue, checked once at start, and where it is read from
// (docs/configuration-queue.md is made from the same table). A plain value; const after start, then any thread may read
// it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/config/table.hpp"
#include "libs/redis/options.hpp"
#include "libs/rpc/server.hpp"
#include "libs/runtime/process_settings.hpp"
#include "libs/runtime/tls_settings.hpp"
#include "services/notification/settings/notification_config.hpp"
#include "services/queue/settings/queue_config.hpp"
#include "services/queue/storage/postgres/postgres_queue_store.hpp"

namespace sotto::queue {

struct ProgramSettings : QueueConfig, notification::NotificationConfig, runtime::ProcessSettings {
  // [grpc]
  std::vector<config::Endpoint> listen;
  runtime::TlsSettings grpc_tls;  // none: plaintext
  bool plaintext_anywhere = false;
  // [database]
  std::string database_url;
  std::optional<SecretString> database_password;
  std::chrono::milliseconds database_timeout{};  // of a round trip
  std::chrono::milliseconds database_gather{};   // what a commit waits for company; 0: it does not
  // Lines of a platform key file (libs/crypto/key_ring.hpp).
  std::optional<SecretString> platform_key;
  // [redis]
  std::string redis_url;
  std::optional<SecretString> redis_password;
  runtime::TlsSettings redis_tls;
  std::string redis_tls_name;  // what the servers' certificates must be for; empty: their hosts
};

// The table bound to `settings`, which must outlive it.
config::Table program_table(ProgramSettings& settings);

struct LoadedProgram : runtime::LoadedTable {
  ProgramSettings settings;  // meaningful for run and check_config
};

// configuration with all problems, one a line. `environment` as main() finds it in `environ`, ended by a null pointer.
Result<LoadedProgram> load_program(int argc, const char* const* argv, const char* const* environment);

// As the parts want them. Precondition: the settings were loaded.
rpc::ServerSettings grpc_settings(const ProgramSettings& settings);
PostgresQueueSettings postgres_settings(const ProgramSettings& settings);
redis::Options redis_options(const ProgramSettings& settings);

}  // namespace sotto::queue
