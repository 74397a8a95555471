#include "services/auth/process/settings.hpp"

#include <string_view>
#include <utility>

#include "services/auth/domain/password_rules.hpp"

namespace sotto::auth {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string password_problem(std::string_view password) {
  const auto status = check_characters(password);
  return status ? std::string() : status.error().message;
}

void access_rows(config::Table& table, ProgramSettings& settings) {
  table.section("access", "Who may create queues");
  table.secret(
      {"password", "password", "",
       "The first password of a platform that has none; ignored as soon as it has one. `sotto password` makes, "
       "rotates and revokes them."},
      "at most 255 printable ASCII characters without space, @, : and /", password_problem, settings.first_password);
  table.integer(
      {"attempts_burst", "attempts-burst", "10",
       "Wrong passwords that one network (an IPv4 address, an IPv6 /64) may try at once before passwords that "
       "people chose are refused to it."},
      {1U, 1'000'000U}, settings.attempts_burst);
  table.duration({"attempts_leak", "attempts-leak", "30s", "How long until one of them is forgotten."},
                 {seconds(1), hours(24)}, settings.attempts_leak);
}

}  // namespace

config::Table program_table(ProgramSettings& settings) {
  config::Table table(
      {"sotto-auth",
       "The auth service of a Sotto platform: passwords, policy and their audit in PostgreSQL, limits of attempts in "
       "Redis. Replicas are interchangeable."});
  service::grpc_rows(table, "127.0.0.1:7451", settings.grpc);
  service::database_rows(table, "the database counts as away", settings.database);
  service::platform_key_row(
      table, "passwords are digested with keys that are derived from the first, and known by any of them.",
      settings.database);
  service::redis_rows(table, settings.redis);
  access_rows(table, settings);
  table.section("admin", "Administration");
  table.text({"socket", "admin-socket", "",
              "Unix socket on which `sotto` asks for passwords, policy and audit; who can open it is an administrator. "
              "Empty: none."},
             "the path of a socket", settings.admin_socket);
  admin_rows(table, settings);
  service::replica_rows(
      table,
      {.section = "queue_service",
       .title = "Queue service",
       .help = "Where replicas of sotto-queue are, which do what administrators ask for with queues (`sotto queue`). "
               "Empty: that is not to be had here.",
       .example = "queue-0:7450,queue-1:7450"},
      settings.queue_service);
  service::replica_rows(table,
                        {.section = "notification_service",
                         .title = "Notification service",
                         .help = "Where replicas of sotto-notification are, which know what `sotto notification` asks "
                                 "for. Empty: that is not to be had here.",
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

PostgresPasswordSettings postgres_settings(const ProgramSettings& settings) {
  PostgresPasswordSettings out;
  out.connection = service::connect_options(settings.database, "sotto-auth");
  out.statement_limit = settings.database.timeout;
  return out;
}

}  // namespace sotto::auth
