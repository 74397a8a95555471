#include "services/queue/process/queue_process.hpp"

#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "libs/backend/event_relay.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/crypto/random.hpp"
#include "libs/observability/log.hpp"
#include "libs/rpc/callback_threads.hpp"
#include "libs/rpc/server.hpp"
#include "libs/service/database_watch.hpp"
#include "libs/service/readiness.hpp"
#include "libs/service/redis_metrics.hpp"
#include "services/notification/client/notification_client.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/metrics/notification_metrics.hpp"
#include "services/notification/storage/redis/redis_notifications.hpp"
#include "services/queue/api/queue_server.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/metrics/queue_metrics.hpp"
#include "services/queue/metrics/store_watch.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "services/queue/process/platform_metrics.hpp"
#include "services/queue/storage/postgres/postgres_queue_store.hpp"
#include "services/queue/storage/redis/redis_coordination.hpp"

namespace sotto::queue {
namespace {

// Of one question of the watch.
constexpr std::chrono::seconds kLookLimit{2};
// For calls of administrators, once the streams have ended.
constexpr std::chrono::milliseconds kCallGrace{500};

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

// Of this process, for the notification service. 0 is none.
std::uint64_t random_id() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  std::uint64_t out = 0;
  while (out == 0) {
    crypto::random_bytes(bytes);
    std::memcpy(&out, bytes.data(), sizeof out);
  }
  return out;
}

// Sums for metrics: the look of every second brings them.
void read_totals(PostgresQueueStore& store, postgres::Connection& connection, std::chrono::milliseconds limit) {
  const auto sums = connection.query(
      "SELECT coalesce(sum(queues), 0)::int8, coalesce(sum(messages), 0)::int8 FROM queue_totals", {}, limit);
  if (!sums) return;
  store.note_totals({.queues = static_cast<std::uint64_t>(sums->int8(0, 0)),
                     .messages = static_cast<std::uint64_t>(sums->int8(0, 1))});
}

}  // namespace

// In the order in which they are built.
struct QueueProcess::Parts {
  std::chrono::milliseconds drain_time{};
  std::unique_ptr<PostgresQueueStore> store;
  std::optional<service::DatabaseWatch> database;
  backend::EventRelay losses;  // what Redis lost goes to the server, which is made after it
  std::unique_ptr<RedisCoordination> redis;
  std::optional<QueueServer> server;
  // Either the notification service, or what it is made of.
  std::optional<notification::NotificationClient> notification_service;
  std::optional<notification::RedisNotifications> listeners;
  std::optional<notification::NotificationHub> hub;
  std::optional<GroupCommit> commit;
  std::optional<StoreWatch> store_watch;
  std::unique_ptr<rpc::Server> rpc;
  std::optional<service::Readiness> readiness;

  backend::NotificationBackend& begin_notifications(const ProgramSettings& settings, const Clock& clock);
  void end_notifications();
};

backend::NotificationBackend& QueueProcess::Parts::begin_notifications(const ProgramSettings& settings,
                                                                       const Clock& clock) {
  if (!settings.notification_service.targets.empty()) {
    notification::NotificationClientSettings asking;
    asking.replicas = service::replica_channels(settings.notification_service);
    asking.name = host_name();
    return notification_service.emplace(std::move(asking), random_id(), *server);
  }
  notification::RedisNotificationsOptions listening;
  listening.lifetime = settings.notification_lifetime;
  listeners.emplace(redis->client(), listening);
  return hub.emplace(*listeners, *server, clock, notification::hub_options(settings));
}

void QueueProcess::Parts::end_notifications() {
  if (notification_service) notification_service->stop();
  hub.reset();
}

QueueProcess::QueueProcess(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

QueueProcess::~QueueProcess() {
  auto& parts = *parts_;
  parts.readiness.reset();
  // Nobody asks any more; then what was asked is finished; then nobody is left to notify, and Redis is not needed.
  parts.server->stop();
  parts.rpc->shutdown(kCallGrace);
  parts.commit->stop();
  parts.end_notifications();
  parts.redis->stop();
  parts.losses.set(nullptr);
}

Result<std::unique_ptr<QueueProcess>> QueueProcess::start(const ProgramSettings& settings, const Clock& clock) {
  auto parts = std::make_unique<Parts>();
  parts->drain_time = settings.drain_time;
  auto keys = crypto::KeyRing::parse(settings.database.platform_key->expose());
  if (!keys) return keys.error();

  auto postgres = postgres_settings(settings);
  parts->store = PostgresQueueStore::open_later(postgres, std::move(*keys));
  parts->database.emplace(
      postgres.connection, kLookLimit, migrations(),
      [&store = *parts->store](auto& connection, auto limit) { read_totals(store, connection, limit); });
  if (auto status = parts->database->look_first(); !status) return status.error();

  RedisCoordinationOptions coordination;
  coordination.redis = service::redis_options(settings.redis);
  auto redis = RedisCoordination::start(
      std::move(coordination), [&losses = parts->losses](std::optional<std::uint64_t> gateway) {
        losses.resume([gateway](backend::SessionRef session) { return !gateway || session.gateway == *gateway; });
      });
  if (!redis) return redis.error();
  parts->redis = std::move(*redis);

  QueueServerSettings serving;
  serving.name = host_name();
  parts->server.emplace(serving, &parts->redis->bus(), clock);
  parts->losses.set(&*parts->server);

  auto& notifications = parts->begin_notifications(settings, clock);
  auto committing = group_commit_settings(settings);
  committing.gather = settings.database_gather;
  parts->commit.emplace(committing, *parts->store, parts->redis->directory(), notifications, *parts->server, clock);
  parts->store_watch.emplace(parts->commit->counters(), clock);

  parts->server->serve(*parts->commit, {.totals = [&store = *parts->store] { return store.totals(); },
                                        .expire_now = [&commit = *parts->commit] { return commit.expire_now(); }});
  // Nothing that reacts here waits: batches are submitted, results and events are written.
  rpc::use_one_callback_thread();
  auto rpc = rpc::Server::start(service::server_settings(settings.grpc), parts->server->services());
  if (rpc) parts->rpc = std::move(*rpc);
  if (!rpc) {
    parts->server->stop();
    parts->commit->stop();
    parts->end_notifications();
    parts->redis->stop();
    return rpc.error();
  }
  parts->readiness.emplace([&database = *parts->database] { return database.look().reachable; },
                           [&server = *parts->rpc](bool ready) {
                             server.set_serving("", ready);
                             for (const auto& service : QueueServer::service_names()) {
                               server.set_serving(service, ready);
                             }
                           });
  return std::unique_ptr<QueueProcess>(new QueueProcess(std::move(parts)));
}

std::vector<int> QueueProcess::ports() const {
  return parts_->rpc->ports();
}

void QueueProcess::expose(metrics::Metrics& metrics, Health& health) {
  auto& parts = *parts_;
  expose_group_commit(metrics, parts.commit->counters());
  expose_totals(metrics, *parts.store);
  expose_server(metrics, parts.server->counters());
  service::expose_database(metrics, *parts.database);
  service::expose_redis(metrics, parts.redis->client());
  expose_coordination(metrics, *parts.redis);
  if (parts.hub) notification::expose_hub(metrics, *parts.hub);
  if (parts.notification_service) expose_notification_service(metrics, parts.notification_service->counters());

  service::add_checks(health, *parts.database);
  health.add("store", [&watch = *parts.store_watch] { return watch.state(); });
  health.add("redis", [&client = parts.redis->client()] {
    return service::without_details(client.state(), "Redis does not answer");
  });
  health.add("grpc", [] { return ok_status(); });  // it listens, or the start would have failed
  parts.readiness->start(health, parts.database->state().reachable.ok());
}

void QueueProcess::announce() const {
  for (const auto port : ports()) log::info("listening", {{"port", port}});
  log::info("started");
}

void QueueProcess::drain() {
  parts_->readiness->withdraw();
  parts_->server->drain(parts_->drain_time);
}

}  // namespace sotto::queue
