#include "services/queue/process/settings.hpp"

#include <string_view>
#include <utility>

#include "libs/config/value.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/conninfo.hpp"

namespace sotto::queue {

using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

std::string any_password(std::string_view /*password*/) {
  return {};
}

std::string platform_key_problem(std::string_view text) {
  const auto keys = crypto::KeyRing::parse(text);
  return keys ? std::string() : "cannot be used: " + keys.error().message;
}

// With all that was set.
Result<redis::Options> parse_redis(const ProgramSettings& settings) {
  auto options = redis::Options::parse_url(settings.redis_url);
  if (!options) return options.error();
  if (settings.redis_password) options->password = *settings.redis_password;
  const auto& files = settings.redis_tls;
  if (!options->tls && (files.any() || !settings.redis_tls_name.empty())) {
    return Error{ErrorCode::configuration, "redis.tls_… are set, but redis.url begins with redis://; write rediss://"};
  }
  if (options->tls) {
    options->tls->ca_file = files.ca;
    options->tls->certificate_file = files.certificate;
    options->tls->key_file = files.key;
    options->tls->server_name = settings.redis_tls_name;
  }
  return options;
}

void grpc_rows(config::Table& table, ProgramSettings& settings) {
  table.section("grpc", "Where gateways connect to");
  table.endpoints({"listen", "listen", "127.0.0.1:7450", "Addresses on which gateways are served, over gRPC."},
                  settings.listen);
  runtime::tls_rows(table, "grpc", "gateways", settings.grpc_tls);
  table.boolean(
      {"plaintext_anywhere", "grpc-plaintext-anywhere", "false",
       "Whether addresses other than loopback may be without TLS: only where the network encrypts by itself."},
      settings.plaintext_anywhere);
  runtime::require_mutual_tls(table, "grpc", settings.grpc_tls);
}

void database_rows(config::Table& table, ProgramSettings& settings) {
  table.section("database", "PostgreSQL");
  table.text({"url", "database-url", "",
              "Which database. Several hosts may be named: the one that can be written to is used. `sotto db migrate` "
              "makes its tables."},
             "\"host=… dbname=… user=… sslmode=verify-full\" or postgresql://…, without a password",
             settings.database_url);
  table.secret({"password", "database-password", "", "Of the user of the database. Without one: what libpq finds."},
               "a password", any_password, settings.database_password);
  table.duration({"timeout", "database-timeout", "5s",
                  "How long a transaction may take for each of its steps; then it is given up, and answered with ERR "
                  "STORE."},
                 {milliseconds(100), minutes(1)}, settings.database_timeout);
  table.duration({"gather", "database-gather", "6ms",
                  "How long a commit waits for as many requests as those before it had: fewer and larger commits cost "
                  "less. A client that is alone does not wait; 0: nobody does."},
                 {milliseconds(0), milliseconds(100)}, settings.database_gather);
  table.secret({"platform_key", "platform-key", "",
                "The platform keys: shared secrets are sealed with the first and opened with any of them. All replicas "
                "have the same."},
               "lines of a number, a colon and 32 bytes in base64url, as `sotto db` takes them", platform_key_problem,
               settings.platform_key);
  table.rule([&settings]() -> std::optional<std::string> {
    if (settings.database_url.empty()) {
      return "database.url is not set: give the database of this platform (SOTTO_DATABASE_URL)";
    }
    const auto status = postgres::check_conninfo(settings.database_url);
    if (status) return std::nullopt;
    return "database.url: " + status.error().message;
  });
  table.rule([&settings]() -> std::optional<std::string> {
    if (settings.platform_key) return std::nullopt;
    return "database.platform_key is not set: give the file with the platform keys (SOTTO_PLATFORM_KEY_FILE)";
  });
}

void redis_rows(config::Table& table, ProgramSettings& settings) {
  table.section("redis", "Redis");
  table.text({"url", "redis-url", "redis://127.0.0.1:6379",
              "A Redis server, or some servers of a Redis Cluster. rediss:// for TLS."},
             "redis://[user@]host[:port][,host[:port]…], without a password", settings.redis_url);
  table.secret({"password", "redis-password", "", "Of the user. Without one nothing is shown to Redis."}, "a password",
               any_password, settings.redis_password);
  runtime::tls_rows(table, "redis", "Redis", settings.redis_tls);
  table.text({"tls_name", "redis-tls-name", "",
              "What the certificates of Redis must be for. Empty: the host that is connected to."},
             "a host name, or empty", settings.redis_tls_name);
  runtime::require_key_with_certificate(table, "redis", settings.redis_tls);
  table.rule([&settings]() -> std::optional<std::string> {
    const auto options = parse_redis(settings);
    if (options) return std::nullopt;
    return "redis.url: " + options.error().message;
  });
}

}  // namespace

config::Table program_table(ProgramSettings& settings) {
  config::Table table(
      {"sotto-queue",
       "The queue service of a Sotto platform: queues and messages in PostgreSQL, subscriptions in Redis. "
       "Replicas are interchangeable. Pending notifications are part of it."});
  grpc_rows(table, settings);
  database_rows(table, settings);
  redis_rows(table, settings);
  queue_rows(table, settings);
  table.section("events", "Events to clients");
  notification::notification_rows(table, settings);
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

rpc::ServerSettings grpc_settings(const ProgramSettings& settings) {
  rpc::ServerSettings out;
  for (const auto& endpoint : settings.listen) out.listen.push_back(config::format_endpoint(endpoint));
  if (settings.grpc_tls.any()) {
    out.tls.emplace();
    out.tls->authorities = settings.grpc_tls.ca;
    out.tls->certificate = settings.grpc_tls.certificate;
    out.tls->key = settings.grpc_tls.key;
  }
  out.plaintext_anywhere = settings.plaintext_anywhere;
  return out;
}

PostgresQueueSettings postgres_settings(const ProgramSettings& settings) {
  PostgresQueueSettings out;
  out.connection.conninfo = settings.database_url;
  if (settings.database_password) out.connection.password = *settings.database_password;
  out.connection.application_name = "sotto-queue";
  out.statement_limit = settings.database_timeout;
  return out;
}

redis::Options redis_options(const ProgramSettings& settings) {
  return parse_redis(settings).value();  // the rule of the table has checked it
}

}  // namespace sotto::queue
