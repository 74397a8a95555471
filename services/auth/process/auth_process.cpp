#include "services/auth/process/auth_process.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/crypto/key_ring.hpp"
#include "libs/observability/log.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/server.hpp"
#include "libs/service/database_watch.hpp"
#include "libs/service/readiness.hpp"
#include "libs/service/redis_metrics.hpp"
#include "services/auth/api/admin_server.hpp"
#include "services/auth/api/notification_replicas.hpp"
#include "services/auth/api/notification_status_service.hpp"
#include "services/auth/api/queue_moderation_service.hpp"
#include "services/auth/domain/audit_expiry.hpp"
#include "services/auth/domain/password_admin.hpp"
#include "services/auth/domain/password_book.hpp"
#include "services/auth/domain/password_hasher.hpp"
#include "services/auth/migrations/migrations.hpp"
#include "services/auth/process/auth_metrics.hpp"
#include "services/auth/rpc/auth_service.hpp"
#include "services/auth/storage/redis/redis_attempt_limits.hpp"

namespace sotto::auth {
namespace {

// Of one question of the watch.
constexpr std::chrono::seconds kLookLimit{2};
// For calls that run when it stops.
constexpr std::chrono::milliseconds kCallGrace{500};
constexpr const char* kService = "sotto.auth.v1.AuthService";
constexpr const char* kFirstLabel = "initial";

Result<std::vector<std::shared_ptr<grpc::Channel>>> channels_to(const service::ReplicaSettings& settings) {
  std::vector<std::shared_ptr<grpc::Channel>> out;
  for (const auto replicas = service::replica_channels(settings); const auto& replica : replicas) {
    auto channel = rpc::make_channel(replica);
    if (!channel) return channel.error();
    out.push_back(*std::move(channel));
  }
  return out;
}

}  // namespace

// In the order in which they are built.
struct AuthProcess::Parts {
  Parts(const ProgramSettings& settings, const crypto::KeyRing& keys, const Clock& time)
      : clock(time), hasher(keys), first_password(settings.first_password) {}

  const Clock& clock;
  const PasswordHasher hasher;
  std::optional<SecretString> first_password;  // until it is known whether there is one already
  std::optional<service::DatabaseWatch> database;
  std::unique_ptr<PostgresPasswordStore> store;
  std::unique_ptr<redis::Client> redis;
  std::optional<RedisAttemptLimits> limits;
  std::unique_ptr<PasswordBook> book;
  std::optional<PasswordAdmin> admin;
  std::optional<AuthService> service;
  std::unique_ptr<rpc::Server> rpc;
  std::optional<AuditExpiry> audit_expiry;
  std::unique_ptr<AdminServer> administrators;
  std::optional<QueueModerationService> queues;
  std::optional<NotificationReplicas> notification_replicas;
  std::optional<NotificationStatusService> notifications;
  std::optional<service::Readiness> readiness;

  Status serve(const ProgramSettings& settings);
  Status serve_administrators(const ProgramSettings& settings);
  // Takes the password of the settings over when there is none, as soon as that can be known. One thread at a time.
  void take_over();
};

Status AuthProcess::Parts::serve(const ProgramSettings& settings) {
  service.emplace(AuthService::Options{}, *book);
  auto serving = rpc::Server::start(service::server_settings(settings.grpc), {&*service});
  if (!serving) return serving.error();
  rpc = *std::move(serving);
  return serve_administrators(settings);
}

Status AuthProcess::Parts::serve_administrators(const ProgramSettings& settings) {
  auto opened = AdminServer::open(settings, {.passwords = *admin, .component = "auth", .clock = clock});
  if (!opened) return opened.error();
  administrators = *std::move(opened);
  auto queue_channels = channels_to(settings.queue_service);
  if (!queue_channels) return queue_channels.error();
  if (!queue_channels->empty()) administrators->add(queues.emplace(administrators->moderation(), *queue_channels));
  auto notification_channels = channels_to(settings.notification_service);
  if (!notification_channels) return notification_channels.error();
  if (!notification_channels->empty()) {
    notification_replicas.emplace(*notification_channels);
    administrators->add(notifications.emplace(
        administrators->moderation(),
        [this](const auto& context, auto& response) { return notification_replicas->ask(context, response); }));
  }
  if (auto status = administrators->listen(settings); !status) return status;
  return settings.admin_socket.empty() ? ok_status() : administrators->serve(settings.admin_socket);
}

void AuthProcess::Parts::take_over() {
  if (!first_password || !book->health()) return;
  const auto adopted = admin->adopt(kFirstLabel, *first_password);
  // Another replica may do it at the same time, and the database may go away: then it is looked at again.
  if (!adopted) return;
  if (*adopted) log::info("the password of the settings is the first one", {{"label", kFirstLabel}});
  first_password.reset();
}

AuthProcess::AuthProcess(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

AuthProcess::~AuthProcess() {
  auto& parts = *parts_;
  parts.readiness.reset();
  if (parts.administrators) parts.administrators->stop();
  parts.audit_expiry.reset();
  // Nobody asks any more; then what was asked is answered, and what was reported is written.
  if (parts.service) parts.service->stop();
  if (parts.rpc) parts.rpc->shutdown(kCallGrace);
  if (parts.book) parts.book->stop();
  if (parts.redis) parts.redis->stop();
}

Result<std::unique_ptr<AuthProcess>> AuthProcess::start(const ProgramSettings& settings, const Clock& clock) {
  const auto keys = crypto::KeyRing::parse(settings.database.platform_key->expose());
  if (!keys) return keys.error();
  auto owned = std::unique_ptr<AuthProcess>(new AuthProcess(std::make_unique<Parts>(settings, *keys, clock)));
  auto& parts = *owned->parts_;

  auto postgres = postgres_settings(settings);
  parts.database.emplace(postgres.connection, kLookLimit, migrations());
  if (auto status = parts.database->look_first(); !status) return status.error();
  parts.store = PostgresPasswordStore::open_later(std::move(postgres));

  auto redis = redis::Client::start(service::redis_options(settings.redis));
  if (!redis) return redis.error();
  parts.redis = *std::move(redis);
  backend::AttemptLimits::Options limits;
  limits.burst = settings.attempts_burst;
  limits.leak = std::chrono::duration_cast<std::chrono::seconds>(settings.attempts_leak);
  parts.limits.emplace(limits, clock, *parts.redis);

  PasswordBook::Options options;
  options.wait_for_store = true;
  auto book = PasswordBook::open(options, *parts.store, parts.hasher, *parts.limits, clock);
  if (!book) return book.error();
  parts.book = *std::move(book);
  parts.admin.emplace(*parts.store, *parts.book, parts.hasher, clock);
  parts.take_over();
  parts.audit_expiry.emplace(settings.audit_keep, *parts.store, clock);

  if (auto status = parts.serve(settings); !status) return status.error();
  parts.readiness.emplace(
      [&parts] {
        const auto state = parts.database->look();
        parts.take_over();
        return state.reachable;
      },
      [&server = *parts.rpc](bool ready) {
        server.set_serving("", ready);
        server.set_serving(kService, ready);
      });
  return owned;
}

std::vector<int> AuthProcess::ports() const {
  return parts_->rpc->ports();
}

void AuthProcess::expose(metrics::Metrics& metrics, Health& health) {
  auto& parts = *parts_;
  expose_service(metrics, *parts.service);
  expose_book(metrics, *parts.book);
  expose_attempts(metrics, *parts.limits);
  service::expose_database(metrics, *parts.database);
  service::expose_redis(metrics, *parts.redis);

  service::add_checks(health, *parts.database);
  // Redis is no check: without it limits of attempts hold for each replica, and passwords work as ever.
  health.add("passwords",
             [&book = *parts.book] { return service::without_details(book.health(), "they cannot be read"); });
  parts.administrators->show(health);
  parts.readiness->start(health, parts.database->state().reachable.ok());
}

void AuthProcess::announce() const {
  const auto state = parts_->book->state();
  if (parts_->book->health() && state.open && state.new_queues) {
    log::warning("start", {{"warning",
                            "there is no password: ANYBODY who knows the address MAY CREATE QUEUES on this platform; "
                            "`sotto password create` makes one, unless this is meant to be public"}});
  }
  for (const auto port : ports()) log::info("listening", {{"port", port}});
  for (const auto port : parts_->administrators->ports()) log::info("administrators are served", {{"port", port}});
  log::info("started");
}

void AuthProcess::reload() {
  parts_->administrators->look_now();
}

void AuthProcess::drain() {
  parts_->readiness->withdraw();
  parts_->service->stop();
}

}  // namespace sotto::auth
