// ProgramSettings: everything that can be set of sotto-auth, checked once at start, and where it is read from
// (docs/configuration-auth.md is made from the same table). A plain value; const after start, then any thread may read
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/config/table.hpp"
#include "libs/runtime/process_settings.hpp"
#include "libs/service/database_settings.hpp"
#include "libs/service/grpc_settings.hpp"
#include "libs/service/redis_settings.hpp"
#include "libs/service/replica_settings.hpp"
#include "services/auth/settings/admin_config.hpp"
#include "services/auth/storage/postgres/postgres_password_store.hpp"

namespace sotto::auth {

struct ProgramSettings : AdminConfig, runtime::ProcessSettings {
  service::GrpcSettings grpc;
  service::DatabaseSettings database;
  service::RedisSettings redis;
  // [access]
  std::optional<SecretString> first_password;
  std::uint32_t attempts_burst = 0;
  std::chrono::milliseconds attempts_leak{};
  // [admin]
  std::string admin_socket;  // empty: none
  // [queue_service]
  service::ReplicaSettings queue_service;  // without targets queues are not administered here
  // [notification_service]
  service::ReplicaSettings notification_service;  // without targets nobody is told of notifications here
};

// The table bound to `settings`, which must outlive it.
config::Table program_table(ProgramSettings& settings);

struct LoadedProgram : runtime::LoadedTable {
  ProgramSettings settings;  // meaningful for run and check_config
};

// configuration with all problems, one a line. `environment` as main() finds it in `environ`, ended by a null pointer.
Result<LoadedProgram> load_program(int argc, const char* const* argv, const char* const* environment);

// As the store wants them. Precondition: the settings were loaded.
PostgresPasswordSettings postgres_settings(const ProgramSettings& settings);
}  // namespace sotto::auth
