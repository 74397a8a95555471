// ProgramSettings: everything that can be set of sotto-notification, checked once at start, and where it is read from
// (docs/configuration-notification.md is made from the same table). A plain value; const after start, then any thread
// may read it.
#pragma once

#include <cstdint>

#include "libs/base/result.hpp"
#include "libs/config/table.hpp"
#include "libs/runtime/process_settings.hpp"
#include "libs/service/grpc_settings.hpp"
#include "libs/service/redis_settings.hpp"
#include "services/notification/settings/notification_config.hpp"

namespace sotto::notification {

struct ProgramSettings : NotificationConfig, runtime::ProcessSettings {
  service::GrpcSettings grpc;
  service::RedisSettings redis;
  std::uint32_t max_pending = 0;  // of one notifier
};

// The table bound to `settings`, which must outlive it.
config::Table program_table(ProgramSettings& settings);

struct LoadedProgram : runtime::LoadedTable {
  ProgramSettings settings;  // meaningful for run and check_config
};

// configuration with all problems, one a line. `environment` as main() finds it in `environ`, ended by a null pointer.
Result<LoadedProgram> load_program(int argc, const char* const* argv, const char* const* environment);

}  // namespace sotto::notification
