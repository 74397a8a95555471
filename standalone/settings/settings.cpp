#include "standalone/settings/settings.hpp"

#include "gateway/settings/names_config.hpp"
#include "gateway/settings/proxy_config.hpp"
#include "gateway/settings/web_config.hpp"

namespace sotto::standalone {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kGiB = 1024 * kMiB;

void storage_rows(config::Table& table, ServerSettings& s) {
  table.section("storage", "Storage");
  table.path({"data_dir", "data-dir", "/var/lib/sotto", "Directory of queues and messages; made when it is missing."},
             s.data_dir);
  table.boolean(
      {"ephemeral", "ephemeral", "false", "Keeps queues and messages in memory only: a restart loses them. For tests."},
      s.ephemeral);
  table.size({"block_cache", "block-cache", "64MiB", "Memory for blocks of the store that were read."},
             {kMiB, 1024 * kGiB}, s.block_cache);
}

}  // namespace

config::Table server_table(ServerSettings& settings) {
  config::Table table({"sotto-server",
                       "A server of the SimpleX Messaging Protocol in one process with its own storage. `sotto init` "
                       "makes the identity it needs."});
  gateway::transport_rows(table, settings);
  gateway::identity_rows(table, settings);
  storage_rows(table, settings);
  gateway::access_rows(table, settings);
  table.text({"password_key_file", "password-key-file", "",
              "Key under which passwords are digested before they are stored; made when it is missing. Back it up with "
              "the identity, never with the data. Empty: password.key in identity.dir."},
             "the path of a file", settings.password_key_file);
  gateway::names_rows(table, settings);
  gateway::proxy_rows(table, settings);
  gateway::web_rows(table, settings);
  table.section("admin", "Administration");
  table.text({"socket", "admin-socket", "",
              "Unix socket on which `sotto` asks for passwords, policy and audit; who can open it is an administrator. "
              "Empty: admin.sock in storage.data_dir, and none with storage.ephemeral."},
             "the path of a socket", settings.admin_socket);
  auth::admin_rows(table, settings);
  queue::queue_rows(table, settings);
  table.section("events", "Events to clients");
  gateway::end_interval_row(table, settings);
  notification::notification_rows(table, settings);
  runtime::process_rows(table, settings);
  gateway::close_time_row(table, settings);
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
  auto loaded = runtime::load_table(table, argc, argv, environment);
  if (!loaded) return loaded.error();
  static_cast<runtime::LoadedTable&>(result) = std::move(*loaded);
  if (result.request == config::Request::help || result.request == config::Request::version) return result;
  auto& settings = result.settings;
  gateway::settle_origins(table, settings);
  // Here the page knows by itself.
  settings.web.quota = settings.quota;
  settings.web.lifetime = settings.message_lifetime;
  if (settings.ephemeral) {
    result.warnings.emplace_back("storage.ephemeral is on: all queues and messages are lost when the server ends");
  }
  return result;
}

}  // namespace sotto::standalone
