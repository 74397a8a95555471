#include "services/queue/process/settings.hpp"

#include <utility>

namespace sotto::queue {

using std::chrono::milliseconds;

config::Table program_table(ProgramSettings& settings) {
  config::Table table(
      {"sotto-queue",
       "The queue service of a Sotto platform: queues and messages in PostgreSQL, subscriptions in Redis. "
       "Replicas are interchangeable. Pending notifications are those of sotto-notification, or else part of it."});
  service::grpc_rows(table, "127.0.0.1:7450", settings.grpc);
  service::database_rows(table, "answered with ERR STORE", settings.database);
  table.duration({"gather", "database-gather", "6ms",
                  "How long a commit waits for as many requests as those before it had: fewer and larger commits cost "
                  "less. A client that is alone does not wait; 0: nobody does."},
                 {milliseconds(0), milliseconds(100)}, settings.database_gather);
  service::platform_key_row(table, "shared secrets are sealed with the first and opened with any of them.",
                            settings.database);
  service::redis_rows(table, settings.redis);
  queue_rows(table, settings);
  table.section("events", "Events to clients");
  notification::notification_rows(table, settings);
  service::replica_rows(
      table,
      {.section = "notification_service",
       .title = "Notification service",
       .help = "Where replicas of sotto-notification are, which keeps pending notifications and delivers them. One is "
               "used at a time. Empty: this process does that, as [events] says, together with its replicas.",
       .example = "notification-0:7452,notification-1:7452"},
      settings.notification_service);
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

PostgresQueueSettings postgres_settings(const ProgramSettings& settings) {
  PostgresQueueSettings out;
  out.connection = service::connect_options(settings.database, "sotto-queue");
  out.statement_limit = settings.database.timeout;
  return out;
}

}  // namespace sotto::queue
