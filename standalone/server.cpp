#include "standalone/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "gateway/gateway.hpp"
#include "libs/rocksdb/database.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"
#include "services/notification/storage/rocksdb/rocksdb_notification_store.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"
#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"
#include "standalone/parts.hpp"

namespace sotto::standalone {
namespace {

// Files that are not connections: tables and logs of the store, listeners, standard streams.
constexpr std::size_t kOtherFiles = 700;

std::size_t connections_by_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1000;
  const auto files = static_cast<std::size_t>(limit.rlim_cur);
  return files > 2 * kOtherFiles ? files - kOtherFiles : files / 2;
}

gateway::GatewaySettings gateway_settings(const ServerSettings& settings) {
  gateway::GatewaySettings out;
  for (const auto port : settings.ports) {
    if (!settings.listen_explicit) {
      out.listen.push_back({"", port, settings.ports_explicit});
      continue;
    }
    for (const auto& address : settings.listen) out.listen.push_back({address, port, settings.ports_explicit});
  }
  out.versions = {settings.versions.min, settings.versions.max};
  out.io_threads = settings.io_threads;
  out.max_connections = settings.max_connections != 0 ? settings.max_connections : connections_by_file_limit();
  if (settings.max_handshakes != 0) out.max_handshakes = settings.max_handshakes;
  out.tls_handshake_timeout = settings.tls_handshake_timeout;
  out.smp_handshake_timeout = settings.smp_handshake_timeout;
  out.idle_timeout = settings.idle_timeout;
  out.idle_check_interval = settings.idle_check_interval;
  out.output_limit = settings.output_limit;
  out.stall_timeout = settings.stall_timeout;
  out.end_interval = settings.end_interval;
  out.drain_timeout = settings.drain_time;
  return out;
}

queue::GroupCommitSettings commit_settings(const ServerSettings& settings) {
  queue::GroupCommitSettings out;
  out.rules.quota = settings.quota;
  out.rules.message_lifetime = std::chrono::duration_cast<std::chrono::seconds>(settings.message_lifetime);
  out.rules.expire_on_send = settings.expire_on_send;
  out.expiry_interval = settings.expiry_interval;
  out.expire_on_start = settings.expire_on_start;
  return out;
}

notification::HubOptions hub_options(const ServerSettings& settings) {
  notification::HubOptions out;
  out.interval = settings.notification_interval;
  out.lifetime = std::chrono::duration_cast<std::chrono::seconds>(settings.notification_lifetime);
  return out;
}

Status open_stores(const ServerSettings& settings, Server::Parts& parts) {
  if (settings.ephemeral) {
    parts.queues = std::make_unique<queue::MemoryQueueStore>();
    parts.notifications = std::make_unique<notification::MemoryNotificationStore>();
    parts.warnings.emplace_back("ephemeral: queues and messages are kept in memory and are lost when the server stops");
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
  parts.queues = std::move(*queues);
  parts.notifications = std::move(*notifications);
  return ok_status();
}

}  // namespace

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings, const Clock& clock) {
  auto parts = std::make_unique<Parts>();
  auto identity = gateway::load_identity(settings.identity_dir, clock.system_now());
  if (!identity) return identity.error();
  if (std::filesystem::exists(settings.identity_dir / "ca.key")) {
    parts->warnings.emplace_back(
        "the key of the CA (ca.key) lies in the identity directory: the server does not need it, move it offline");
  }
  if (!settings.password && settings.new_queues) {
    parts->warnings.emplace_back(
        "no password is set: ANYBODY MAY CREATE QUEUES on this server (set SOTTO_PASSWORD_FILE)");
  }
  if (auto status = open_stores(settings, *parts); !status) return status.error();

  parts->policy.emplace(settings.password, settings.new_queues);
  parts->hub = std::make_unique<notification::NotificationHub>(*parts->notifications, parts->relay, clock,
                                                               hub_options(settings));
  parts->commit = std::make_unique<queue::GroupCommit>(commit_settings(settings), *parts->queues, parts->directory,
                                                       *parts->hub, parts->relay, clock);
  auto created =
      gateway::Gateway::create(gateway_settings(settings), std::move(*identity), *parts->commit, *parts->policy, clock);
  if (!created) return created.error();
  parts->gateway = std::move(*created);
  parts->relay.set(parts->gateway.get());
  auto started = parts->gateway->start();
  auto server = std::unique_ptr<Server>(new Server(std::move(parts)));
  if (!started) return started.error();
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

void Server::expose(metrics::Metrics& metrics) const {
  expose_parts(*parts_, metrics);
}

void Server::stop() {
  if (!parts_ || parts_->stopped) return;
  parts_->stopped = true;
  // Connections first, so that nobody asks any more; then what was asked is finished; then nobody is left to notify.
  if (parts_->gateway) parts_->gateway->stop();
  if (parts_->commit) parts_->commit->stop();
  parts_->hub.reset();
  parts_->relay.set(nullptr);
}

}  // namespace sotto::standalone
