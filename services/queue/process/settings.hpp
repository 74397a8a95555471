// ProgramSettings: everything that can be set of sotto-queue, checked once at start, and where it is read from
// (docs/configuration-queue.md is made from the same table). A plain value; const after start, then any thread may read
// it.
#pragma once

#include <chrono>

#include "libs/base/result.hpp"
#include "libs/config/table.hpp"
#include "libs/runtime/process_settings.hpp"
#include "libs/service/database_settings.hpp"
#include "libs/service/grpc_settings.hpp"
#include "libs/service/redis_settings.hpp"
#include "libs/service/replica_settings.hpp"
#include "services/notification/settings/notification_config.hpp"
#include "services/queue/settings/queue_config.hpp"
#include "services/queue/storage/postgres/postgres_queue_store.hpp"

namespace sotto::queue {

struct ProgramSettings : QueueConfig, notification::NotificationConfig, runtime::ProcessSettings {
  service::GrpcSettings grpc;
  service::DatabaseSettings database;
  std::chrono::milliseconds database_gather{};  // what a commit waits for company; 0: it does not
  service::RedisSettings redis;
  service::ReplicaSettings notification_service;  // without targets pending notifications are kept by this process
};

// The table bound to `settings`, which must outlive it.
config::Table program_table(ProgramSettings& settings);

struct LoadedProgram : runtime::LoadedTable {
  ProgramSettings settings;  // meaningful for run and check_config
};

// configuration with all problems, one a line. `environment` as main() finds it in `environ`, ended by a null pointer.
Result<LoadedProgram> load_program(int argc, const char* const* argv, const char* const* environment);

// As the store wants them.
PostgresQueueSettings postgres_settings(const ProgramSettings& settings);

}  // namespace sotto::queue
