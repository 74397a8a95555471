#include "standalone/server.hpp"

#include <algorithm>

#include "gateway/gateway.hpp"
#include "gateway/metrics/gateway_metrics.hpp"
#include "gateway/settings/names_config.hpp"
#include "gateway/settings/proxy_config.hpp"
#include "libs/observability/log.hpp"
#include "libs/rocksdb/database.hpp"
#include "services/auth/storage/memory/memory_password_store.hpp"
#include "services/auth/storage/rocksdb/rocksdb_password_store.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/metrics/notification_metrics.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"
#include "services/notification/storage/rocksdb/rocksdb_notification_store.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/metrics/queue_metrics.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"
#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"
#include "standalone/parts.hpp"

namespace sotto::standalone {
namespace {

Status open_stores(const ServerSettings& settings, Server::Parts& parts, const Clock& clock) {
  if (settings.ephemeral) {
    parts.queues = std::make_unique<queue::MemoryQueueStore>();
    parts.notifications = std::make_unique<notification::MemoryNotificationStore>();
    parts.passwords = std::make_unique<auth::MemoryPasswordStore>();
    return ok_status();
  }
  rocks::Options options;
  options.directory = settings.data_dir;
  options.block_cache_bytes = settings.block_cache;
  auto database = rocks::Database::open(options);
  if (!database) return database.error();
  auto queues = queue::RocksDbQueueStore::open(*database);
  if (!queues) return queues.error();
  auto notifications = notification::RocksDbNotificationStore::open(*database);
  if (!notifications) return notifications.error();
  auto passwords = auth::RocksDbPasswordStore::open(*database);
  if (!passwords) return passwords.error();
  parts.queues = std::move(*queues);
  parts.passwords = std::move(*passwords);
  parts.notifications = std::move(*notifications);
  parts.backups = std::make_unique<Backups>(*std::move(database), settings.data_dir, clock);
  return ok_status();
}

notification::NotificationStatus notification_status(const Server::Parts& parts) {
  const auto now = unix_seconds(parts.clock->system_now());
  // The clock may have been set back.
  const auto age = std::max<std::int64_t>(0, now - parts.notifications->oldest().value_or(now));
  return notification::status_of(parts.hub->counters(), parts.notifications->totals().notifications,
                                 static_cast<std::uint64_t>(age));
}

Status start_admin(const ServerSettings& settings, Server::Parts& parts, const Clock& clock) {
  const bool has_socket = !settings.admin_socket.empty() || !settings.ephemeral;
  if (!has_socket && settings.admin_listen.empty()) return ok_status();
  auto admin = AdminServer::start(settings, {.passwords = parts.access->admin(),
                                             .queues = *parts.commit,
                                             .hooks = {.totals = [&parts] { return parts.queues->totals(); },
                                                       .expire_now = [&parts] { return parts.commit->expire_now(); },
                                                       .admit = {}},
                                             .notifications =
                                                 [&parts] {
                                                   auto status = notification_status(parts);
                                                   status.services = parts.hub->services();
                                                   return status;
                                                 },
                                             .backups = parts.backups.get(),
                                             .clock = clock});
  if (!admin) return admin.error();
  parts.admin = *std::move(admin);
  if (!has_socket) return ok_status();
  const auto socket =
      settings.admin_socket.empty() ? settings.data_dir / "admin.sock" : std::filesystem::path(settings.admin_socket);
  auto served = parts.admin->server().serve(socket);
  // One that nobody named is no reason not to serve messages.
  if (!served && settings.admin_socket.empty()) {
    parts.warnings.push_back(served.error().message);
    return ok_status();
  }
  return served;
}

}  // namespace

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings, const Clock& clock) {
  auto parts = std::make_unique<Parts>();
  parts->clock = &clock;
  auto web_certificate = gateway::open_web_certificate(settings);
  if (!web_certificate) return web_certificate.error();
  parts->web_certificate = *std::move(web_certificate);
  const auto browsers = gateway::browsers_of(parts->web_certificate);
  const auto identity = gateway::load_served_identity(settings.identity_dir, clock.system_now(), browsers);
  if (!identity) return identity.error();
  parts->warnings = gateway::identity_warnings(settings);
  parts->close_time = settings.close_time;
  auto names = gateway::open_name_resolver(settings);
  if (!names) return names.error();
  parts->names = *std::move(names);
  if (auto status = open_stores(settings, *parts, clock); !status) return status.error();

  auto access = Access::open(settings, std::move(parts->passwords), clock);
  if (!access) return access.error();
  parts->access = *std::move(access);
  for (const auto& warning : parts->access->warnings()) parts->warnings.push_back(warning);
  auto relays = gateway::open_relays(settings, parts->access->policy());
  if (!relays) return relays.error();
  parts->relays = *std::move(relays);
  auto web = gateway::open_web_site(settings, (*identity)->identity.fingerprint, parts->access->policy());
  if (!web) return web.error();
  parts->web = *std::move(web);
  parts->hub = std::make_unique<notification::NotificationHub>(*parts->notifications, parts->relay, clock,
                                                               notification::hub_options(settings));
  parts->commit = std::make_unique<queue::GroupCommit>(queue::group_commit_settings(settings), *parts->queues,
                                                       parts->directory, *parts->hub, parts->relay, clock);
  parts->administration.emplace(*parts->commit);
  if (auto status = start_admin(settings, *parts, clock); !status) return status.error();
  parts->store_watch.emplace(parts->commit->counters(), clock);
  parts->gateway = gateway::Gateway::create(gateway::gateway_settings(settings, settings.drain_time), *identity,
                                            *parts->commit, parts->access->policy(), clock, parts->names.get(),
                                            parts->relays.get(), parts->web ? &parts->web->web : nullptr);
  parts->relay.set(parts->gateway.get());
  auto started = parts->gateway->start();
  auto server = std::unique_ptr<Server>(new Server(std::move(parts)));
  if (!started) return started.error();
  server->parts_->identity_watch.emplace(
      gateway::IdentityWatch::Options{settings.identity_dir, settings.identity_reload_interval, browsers}, *identity,
      clock, [&gateway = *server->parts_->gateway](const auto& changed) { gateway.use_identity(changed); });
  server->parts_->ports = std::move(started->ports);
  for (auto& warning : started->warnings) server->parts_->warnings.push_back(std::move(warning));
  return server;
}

const std::vector<std::uint16_t>& Server::ports() const {
  return parts_->ports;
}
const std::vector<std::string>& Server::warnings() const {
  return parts_->warnings;
}
queue::QueueAdministration& Server::queue_administration() {
  return *parts_->administration;
}
std::uint64_t Server::expire_now() {
  return parts_->commit->expire_now();
}
Status Server::compact() {
  return parts_->queues->compact();
}
std::uint64_t Server::stored_queues() const {
  return parts_->queues->totals().queues;
}
std::uint64_t Server::stored_messages() const {
  return parts_->queues->totals().messages;
}

void Server::expose(metrics::Metrics& metrics, Health& health) {
  gateway::expose_gateway(metrics, parts_->gateway->counters());
  if (parts_->relays) gateway::expose_relays(metrics, parts_->relays->counters());
  if (parts_->web) gateway::expose_web(metrics, parts_->web->counters);
  gateway::expose_identity(metrics, parts_->identity_watch->counters());
  gateway::expose_access(metrics, parts_->access->cache());
  queue::expose_group_commit(metrics, parts_->commit->counters());
  queue::expose_totals(metrics, *parts_->queues);
  notification::expose_hub(metrics, *parts_->hub);
  notification::expose_pending(metrics, [&parts = *parts_] { return notification_status(parts); });
  if (parts_->backups) parts_->backups->expose(metrics);
  health.add("store", [this] { return parts_->store_watch->state(); });
  if (parts_->admin) parts_->admin->server().show(health);
}

void Server::announce() const {
  for (const auto& warning : warnings()) log::warning("start", {{"warning", warning}});
  for (const auto port : ports()) log::info("listening", {{"port", port}});
  if (parts_->web && parts_->web->listener) log::info("web page", {{"port", parts_->web->listener->port()}});
  if (parts_->admin) {
    for (const auto port : parts_->admin->server().ports()) log::info("administrators are served", {{"port", port}});
  }
  log::info("ready", {{"queues", stored_queues()}});
}

void Server::reload() {
  parts_->identity_watch->look_now();
  if (parts_->web_certificate) parts_->web_certificate->look_now();
  if (parts_->admin) parts_->admin->server().look_now();
}

std::chrono::milliseconds Server::close_time() const {
  return parts_->close_time;
}

void Server::drain() {
  parts_->gateway->stop();
}

void Server::stop() {
  if (!parts_ || parts_->stopped) return;
  parts_->stopped = true;
  parts_->identity_watch.reset();
  parts_->admin.reset();
  // Connections first, so that nobody asks any more; then what was asked is finished; then nobody is left to notify.
  if (parts_->gateway) parts_->gateway->stop();
  if (parts_->web) parts_->web->listener.reset();
  if (parts_->names) parts_->names->stop();
  if (parts_->relays) parts_->relays->stop();
  if (parts_->access) parts_->access->stop();
  if (parts_->administration) parts_->administration->stop();
  if (parts_->commit) parts_->commit->stop();
  parts_->hub.reset();
  parts_->relay.set(nullptr);
}

}  // namespace sotto::standalone
