#include "admin-cli/doctor/database_check.hpp"

#include <fmt/format.h>

#include "admin-cli/doctor/endpoint_connection.hpp"
#include "libs/postgres/admin_session.hpp"
#include "libs/postgres/conninfo.hpp"
#include "libs/postgres/migrator.hpp"

namespace sotto::cli {
namespace {

Finding not_connected(const Error& error) {
  return failed("the database is not reached: " + error.message,
                "check database.url and the password, and that PostgreSQL runs and lets this machine in");
}

Finding judge_schema(const Result<postgres::SchemaState>& state, const postgres::MigrationSet& needed) {
  const std::string service(needed.service);
  if (!state) {
    return failed(state.error().message, state.error().code == ErrorCode::conflict
                                             ? "run the version of the program that fits the database"
                                             : "see that the user may read the tables, and the log of PostgreSQL");
  }
  if (!state->pending.empty()) {
    return failed(fmt::format("the {} schema has version {} of {}: the service does not start", service, state->version,
                              needed.steps.back().version),
                  "run `sotto db migrate`");
  }
  return fine(fmt::format("reached; the {} schema has version {} as needed", service, state->version));
}

Finding ask_connections(postgres::AdminSession& session) {
  const auto rows = session.query(
      "SELECT current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint, "
      "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
      kQuick);
  if (!rows) return warning(rows.error().message, "see the log of PostgreSQL");
  return judge_connections(rows->integer(0, 1), rows->integer(0, 0));
}

}  // namespace

Finding judge_connections(std::int64_t used, std::int64_t limit) {
  const auto seen = fmt::format("{} of {} connections of PostgreSQL are in use", used, limit);
  // Each replica has several; one that starts must find them.
  constexpr std::int64_t kEnough = 10;
  if (limit - used >= kEnough) return fine(seen);
  return warning(seen + ": another replica may not get its own", "raise max_connections of PostgreSQL");
}

Findings check_database(const Database& database) {
  const auto session = postgres::AdminSession::connect(database.options);
  if (!session) return {not_connected(postgres::explain_connect_failure(database.options, session.error()))};
  return {judge_schema(postgres::schema_state(**session, database.schema), database.schema),
          ask_connections(**session)};
}

}  // namespace sotto::cli
