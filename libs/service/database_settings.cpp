#include "libs/service/database_settings.hpp"

#include <string_view>

#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/conninfo.hpp"

namespace sotto::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

std::string any_password(std::string_view /*password*/) {
  return {};
}

std::string platform_key_problem(std::string_view text) {
  const auto keys = crypto::KeyRing::parse(text);
  return keys ? std::string() : "cannot be used: " + keys.error().message;
}

}  // namespace

void database_rows(config::Table& table, const std::string& late, DatabaseSettings& settings) {
  table.section("database", "PostgreSQL");
  table.text({"url", "database-url", "",
              "Which database. Several hosts may be named: the one that can be written to is used. `sotto db migrate` "
              "makes its tables."},
             "\"host=… dbname=… user=… sslmode=verify-full\" or postgresql://…, without a password", settings.url);
  table.secret({"password", "database-password", "", "Of the user of the database. Without one: what libpq finds."},
               "a password", any_password, settings.password);
  table.duration({"timeout", "database-timeout", "5s",
                  "How long a transaction may take for each of its steps; then it is given up, and " + late + "."},
                 {milliseconds(100), minutes(1)}, settings.timeout);
  table.rule([&settings]() -> std::optional<std::string> {
    if (settings.url.empty()) {
      return "database.url is not set: give the database of this platform (SOTTO_DATABASE_URL)";
    }
    const auto status = postgres::check_conninfo(settings.url);
    if (status) return std::nullopt;
    return "database.url: " + status.error().message;
  });
}

void platform_key_row(config::Table& table, const std::string& use, DatabaseSettings& settings) {
  table.secret({"platform_key", "platform-key", "", "The platform keys: " + use + " All replicas have the same."},
               "lines of a number, a colon and 32 bytes in base64url, as `sotto db` takes them", platform_key_problem,
               settings.platform_key);
  table.rule([&settings]() -> std::optional<std::string> {
    if (settings.platform_key) return std::nullopt;
    return "database.platform_key is not set: give the file with the platform keys (SOTTO_PLATFORM_KEY_FILE)";
  });
}

postgres::ConnectOptions connect_options(const DatabaseSettings& settings, const std::string& program) {
  postgres::ConnectOptions out;
  out.conninfo = settings.url;
  if (settings.password) out.password = *settings.password;
  out.application_name = program;
  return out;
}

}  // namespace sotto::service
