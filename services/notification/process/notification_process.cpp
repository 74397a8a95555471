#include "services/notification/process/notification_process.hpp"

#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "libs/observability/log.hpp"
#include "libs/redis/client.hpp"
#include "libs/rpc/server.hpp"
#include "libs/service/database_watch.hpp"
#include "libs/service/readiness.hpp"
#include "libs/service/redis_metrics.hpp"
#include "services/notification/api/notification_server.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/metrics/notification_metrics.hpp"
#include "services/notification/process/pending_watch.hpp"
#include "services/notification/process/redis_losses.hpp"
#include "services/notification/process/server_metrics.hpp"
#include "services/notification/storage/redis/redis_notifications.hpp"

namespace sotto::notification {
namespace {

// For calls of administrators, once the streams have ended.
constexpr std::chrono::milliseconds kCallGrace{500};
// How long sessions outlive their stream here. A client that lives comes back at once, here or elsewhere.
constexpr std::chrono::seconds kSessionGrace{60};

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

}  // namespace

// In the order in which they are built.
struct NotificationProcess::Parts {
  std::chrono::milliseconds drain_time{};
  std::unique_ptr<redis::Client> redis;
  std::optional<NotificationServer> server;
  std::optional<RedisNotifications> listeners;
  std::optional<NotificationHub> hub;
  std::optional<RedisLosses> losses;
  std::optional<PendingWatch> pending;
  std::unique_ptr<rpc::Server> rpc;
  std::optional<service::Readiness> readiness;
};

NotificationProcess::NotificationProcess(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

NotificationProcess::~NotificationProcess() {
  auto& parts = *parts_;
  parts.readiness.reset();
  // Nobody says anything any more; then what is collected goes out on the streams; then they end.
  parts.server->drain(std::chrono::milliseconds(0));
  parts.losses.reset();
  parts.hub.reset();
  parts.server->stop();
  if (parts.rpc) parts.rpc->shutdown(kCallGrace);
  parts.redis->stop();
}

Result<std::unique_ptr<NotificationProcess>> NotificationProcess::start(const ProgramSettings& settings,
                                                                        const Clock& clock) {
  auto redis = redis::Client::start(service::redis_options(settings.redis));
  if (!redis) return redis.error();
  auto built = std::make_unique<Parts>();
  built->drain_time = settings.drain_time;
  built->redis = *std::move(redis);
  built->server.emplace(NotificationServerSettings{.name = host_name()});
  auto owned = std::unique_ptr<NotificationProcess>(new NotificationProcess(std::move(built)));
  auto& parts = *owned->parts_;

  RedisNotificationsOptions listening;
  listening.lifetime = settings.notification_lifetime;
  listening.max_pending = settings.max_pending;
  parts.listeners.emplace(*parts.redis, listening);
  auto options = hub_options(settings);
  options.max_collected = settings.max_pending;
  parts.hub.emplace(*parts.listeners, *parts.server, clock, options);
  parts.losses.emplace(*parts.redis, *parts.hub);
  parts.pending.emplace(parts.listeners->index(), *parts.hub, options.lifetime, clock);
  parts.server->serve(*parts.hub,
                      {.status = [&pending = *parts.pending] { return pending.status(); },
                       .forget = [&hub = *parts.hub](backend::SessionRef session) { hub.forget_session(session); }});

  auto rpc = rpc::Server::start(service::server_settings(settings.grpc), parts.server->services());
  if (!rpc) return rpc.error();
  parts.rpc = *std::move(rpc);
  parts.readiness.emplace(
      [&parts] {
        if (parts.losses->look()) parts.server->resume({});
        parts.pending->look();
        parts.server->forget_lost(kSessionGrace);
        return ok_status();  // there is no database, and Redis is a check of its own
      },
      [&server = *parts.rpc](bool ready) {
        server.set_serving("", ready);
        for (const auto names = NotificationServer::service_names(); const auto& name : names) {
          server.set_serving(name, ready);
        }
      });
  return owned;
}

std::vector<int> NotificationProcess::ports() const {
  return parts_->rpc->ports();
}

void NotificationProcess::expose(metrics::Metrics& metrics, Health& health) {
  auto& parts = *parts_;
  expose_server(metrics, *parts.server);
  expose_hub(metrics, *parts.hub);
  expose_pending(metrics, [&pending = *parts.pending] { return pending.status(); });
  service::expose_redis(metrics, *parts.redis);

  health.add("redis",
             [&client = *parts.redis] { return service::without_details(client.state(), "Redis does not answer"); });
  health.add("grpc", [] { return ok_status(); });  // it listens, or the start would have failed
  parts.readiness->start(health, true);
}

void NotificationProcess::announce() const {
  for (const auto port : ports()) log::info("listening", {{"port", port}});
  log::info("started");
}

void NotificationProcess::drain() {
  parts_->readiness->withdraw();
  parts_->server->drain(parts_->drain_time);
}

}  // namespace sotto::notification
