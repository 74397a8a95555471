#include "standalone/settings/settings.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "libs/config/document.hpp"
#include "libs/smp/version.hpp"

namespace sotto::standalone {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kDay{24};
constexpr hours kYear{365 * 24};
constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;

// The password travels as a short string (one byte of length) and stands in the address between ":" and "@".
constexpr std::size_t kMaxPassword = 255;

std::string password_problem(std::string_view password) {
  if (password.size() > kMaxPassword) return "is longer than 255 characters";
  const auto forbidden = [](char c) { return c <= ' ' || c > '~' || c == '@' || c == ':' || c == '/'; };
  if (std::any_of(password.begin(), password.end(), forbidden)) return "holds a character that an address cannot have";
  return "";
}

void transport_rows(config::Table& table, ServerSettings& s) {
  table.section("transport", "Connections");
  table.ports(
      {"ports", "ports", "5223,443",
       "TCP ports to listen on. A default port that may not be bound is skipped with a warning; a port that was "
       "set must be free."},
      s.ports);
  table.addresses({"listen", "listen", "0.0.0.0,::",
                   "Addresses to listen on. By default both families; one that the machine lacks is skipped."},
                  s.listen);
  table.range({"versions", "versions", "6-20", "Versions of SMP that are offered to clients."},
              {smp::kMinVersion, smp::kMaxVersion}, s.versions);
  table.duration({"tls_handshake_timeout", "tls-handshake-timeout", "60s",
                  "How long a connection may take for its TLS handshake."},
                 {seconds(1), minutes(10)}, s.tls_handshake_timeout);
  table.duration({"smp_handshake_timeout", "smp-handshake-timeout", "120s",
                  "How long a connection may take for its SMP handshake, after TLS."},
                 {seconds(1), minutes(10)}, s.smp_handshake_timeout);
  table.duration({"idle_timeout", "idle-timeout", "6h",
                  "A connection without subscriptions that sent nothing for so long is closed; 0: never."},
                 {milliseconds(0), 30 * kDay}, s.idle_timeout);
  table.duration({"idle_check_interval", "idle-check-interval", "1h", "How often idle connections are looked for."},
                 {milliseconds(10), kDay}, s.idle_check_interval);
  table.integer({"max_connections", "max-connections", "0",
                 "Connections at a time; further ones are refused. 0: as many as the limit of open files allows."},
                {0U, 10'000'000U}, s.max_connections);
  table.integer({"max_handshakes", "max-handshakes", "10000",
                 "Connections at a time that have not finished their handshakes; further ones are refused."},
                {1U, 10'000'000U}, s.max_handshakes);
  table.size({"output_limit", "output-limit", "256KiB",
              "Bytes that may wait to be sent to a client; above, nothing more is read from it."},
             {32 * kKiB, kGiB}, s.output_limit);
  table.duration({"stall_timeout", "stall-timeout", "30s",
                  "A client that is above output_limit and reads nothing for so long is disconnected."},
                 {milliseconds(100), hours(1)}, s.stall_timeout);
  table.integer({"io_threads", "io-threads", "0", "Threads that serve connections. 0: one for each core."}, {0U, 1024U},
                s.io_threads);
}

void storage_rows(config::Table& table, ServerSettings& s) {
  table.section("identity", "Identity");
  table.path(
      {"dir", "identity-dir", "/etc/sotto/identity",
       "Directory with ca.crt, server.crt, server.key and fingerprint; `sotto init` makes one. The key of the CA "
       "does not belong here."},
      s.identity_dir);
  table.section("storage", "Storage");
  table.path({"data_dir", "data-dir", "/var/lib/sotto", "Directory of queues and messages; made when it is missing."},
             s.data_dir);
  table.boolean(
      {"ephemeral", "ephemeral", "false", "Keeps queues and messages in memory only: a restart loses them. For tests."},
      s.ephemeral);
  table.size({"block_cache", "block-cache", "64MiB", "Memory for blocks of the store that were read."},
             {kMiB, 1024 * kGiB}, s.block_cache);
}

void queue_rows(config::Table& table, ServerSettings& s) {
  table.section("access", "Who may create queues");
  table.secret({"password", "password", "",
                "Needed to create queues, not to send or receive. Without one anybody may create queues here."},
               "at most 255 printable ASCII characters without space, @, : and /", password_problem, s.password);
  table.boolean(
      {"new_queues", "new-queues", "true", "Whether queues can be created at all. Existing ones work either way."},
      s.new_queues);
  table.section("queues", "Queues and messages");
  table.integer(
      {"quota", "quota", "128",
       "Messages that may wait in a queue; then the sender gets QUOTA until the recipient has read them all."},
      {1U, 10'000U}, s.quota);
  table.duration(
      {"message_lifetime", "message-lifetime", "21d", "Messages that nobody fetched for so long are removed."},
      {seconds(1), 10 * kYear}, s.message_lifetime);
  table.duration({"expiry_interval", "expiry-interval", "2h", "How often old messages are looked for."},
                 {milliseconds(10), 30 * kDay}, s.expiry_interval);
  table.boolean({"expire_on_start", "expire-on-start", "true", "Whether old messages are removed at start, too."},
                s.expire_on_start);
  table.boolean({"expire_on_send", "expire-on-send", "false",
                 "Whether old messages of a queue are removed when one is sent to it, too."},
                s.expire_on_send);
}

void event_rows(config::Table& table, ServerSettings& s) {
  table.section("events", "Events to clients");
  table.duration({"end_interval", "end-interval", "1s",
                  "Clients whose subscriptions moved to another connection are told this often; 0: at once."},
                 {milliseconds(0), hours(1)}, s.end_interval);
  table.duration({"notification_interval", "notification-interval", "1500ms",
                  "Notifications of new messages are delivered to notification servers this often; 0: at once."},
                 {milliseconds(0), hours(1)}, s.notification_interval);
  table.duration({"notification_lifetime", "notification-lifetime", "24h",
                  "Notifications that no notification server fetched for so long are dropped."},
                 {seconds(1), 30 * kDay}, s.notification_lifetime);
}

void operation_rows(config::Table& table, ServerSettings& s) {
  table.section("log", "Log");
  table.choice({"level", "log-level", "info", "The least important lines that are written to standard error."},
               {{"trace", log::Level::trace},
                {"debug", log::Level::debug},
                {"info", log::Level::info},
                {"warning", log::Level::warning},
                {"error", log::Level::error}},
               s.log_level);
  table.choice({"format", "log-format", "text", "Lines for people, or one JSON object a line."},
               {{"text", log::Format::text}, {"json", log::Format::json}}, s.log_format);
  table.section("metrics", "Metrics");
  table.endpoint({"listen", "metrics-listen", "",
                  "Where Prometheus finds /metrics, over HTTP without protection. Empty: nowhere."},
                 s.metrics_listen);
  table.section("shutdown", "Shutdown");
  table.duration({"drain_time", "drain-time", "10s",
                  "After SIGTERM or SIGINT: how long requests under way may take. A second signal ends at once."},
                 {milliseconds(0), hours(1)}, s.drain_time);
}

}  // namespace

config::Table server_table(ServerSettings& settings) {
  config::Table table({"sotto-server",
                       "A server of the SimpleX Messaging Protocol in one process with its own storage. `sotto init` "
                       "makes the identity it needs."});
  transport_rows(table, settings);
  storage_rows(table, settings);
  queue_rows(table, settings);
  event_rows(table, settings);
  operation_rows(table, settings);
  table.rule([&settings]() -> std::optional<std::string> {
    if (settings.ephemeral || settings.data_dir.lexically_normal() != settings.identity_dir.lexically_normal()) {
      return std::nullopt;
    }
    return "storage.data_dir and identity.dir are the same directory; give each its own: one is backed up with every "
           "message, the other holds the key of the server";
  });
  return table;
}

Result<LoadedSettings> load_settings(int argc, const char* const* argv, const char* const* environment) {
  LoadedSettings result;
  auto table = server_table(result.settings);
  auto loaded = config::load(table, config::sources_of(argc, argv, environment));
  if (!loaded) return loaded.error();
  result.request = loaded->request;
  result.warnings = std::move(loaded->warnings);
  switch (result.request) {
    case config::Request::help:
      result.text = config::help_text(table);
      return result;
    case config::Request::version:
      result.text = "sotto-server " SOTTO_VERSION "\n";
      return result;
    case config::Request::check_config:
      result.text = config::effective_settings(table);
      break;
    case config::Request::run:
      break;
  }
  auto& settings = result.settings;
  settings.ports_explicit = table.origin("transport.ports") != config::Origin::fallback;
  settings.listen_explicit = table.origin("transport.listen") != config::Origin::fallback;
  if (!settings.password && settings.new_queues) {
    result.warnings.emplace_back(
        "access.password is not set: anybody who knows the address may create queues here; set SOTTO_PASSWORD_FILE "
        "unless this is meant to be a public server");
  }
  if (settings.ephemeral) {
    result.warnings.emplace_back("storage.ephemeral is on: all queues and messages are lost when the server ends");
  }
  return result;
}

}  // namespace sotto::standalone
