#include "services/notification/process/settings.hpp"

#include <utility>

namespace sotto::notification {

config::Table program_table(ProgramSettings& settings) {
  config::Table table(
      {"sotto-notification",
       "The notification service of a Sotto platform: pending notifications and who listens to them, in Redis. "
       "Replicas are interchangeable."});
  service::grpc_rows(table, "127.0.0.1:7452", settings.grpc, "queue services");
  service::redis_rows(table, settings.redis);
  table.section("events", "Events to clients");
  notification_rows(table, settings);
  table.integer(
      {"max_pending", "max-pending", "32",
       "Notifications that are kept for one notifier that nobody listens to; of more the oldest are dropped."},
      {1U, 1000U}, settings.max_pending);
  runtime::process_rows(table, settings);
  return table;
}

Result<LoadedProgram> load_program(int argc, const char* const* argv, const char* const* environment) {
  LoadedProgram result;
  auto table = program_table(result.settings);
  auto loaded = runtime::load_table(table, argc, argv, environment);
  if (!loaded) return loaded.error();
  static_cast<runtime::LoadedTable&>(result) = std::move(*loaded);
  return result;
}

}  // namespace sotto::notification
