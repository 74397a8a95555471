#include "gateway/process/gateway_process.hpp"

#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "gateway/access/access_cache.hpp"
#include "gateway/access/password_policy.hpp"
#include "gateway/authority/grpc_access_authority.hpp"
#include "gateway/gateway.hpp"
#include "gateway/identity/identity_watch.hpp"
#include "gateway/metrics/gateway_metrics.hpp"
#include "gateway/process/authority_metrics.hpp"
#include "gateway/process/backend_metrics.hpp"
#include "gateway/settings/names_config.hpp"
#include "gateway/settings/proxy_config.hpp"
#include "gateway/settings/web_config.hpp"
#include "libs/backend/event_relay.hpp"
#include "libs/crypto/random.hpp"
#include "libs/observability/log.hpp"

namespace sotto::gateway {
namespace {

// Tells the gateways of a queue service apart. 0 stands for a gateway without others.
std::uint64_t random_gateway_id() {
  std::uint64_t id = 0;
  while (id == 0) {
    std::array<std::uint8_t, sizeof id> bytes{};
    crypto::random_bytes(bytes);
    std::memcpy(&id, bytes.data(), sizeof id);
  }
  return id;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

}  // namespace

struct GatewayProcess::Parts {
  std::vector<std::uint16_t> ports;
  std::vector<std::string> warnings;
  std::chrono::milliseconds close_time{};

  // Who may create queues: the auth service and what is remembered of it, or the settings.
  std::optional<GrpcAccessAuthority> authority;
  std::optional<AccessCache> cache;
  std::optional<PasswordPolicy> policy;
  backend::EventRelay relay;
  std::unique_ptr<WebCertificate> web_certificate;  // null: none for browsers
  std::unique_ptr<WebSite> web;                     // null: nothing for browsers
  // Outlives the backend, the relays and the resolver of names, whose last completions hold connections of it.
  std::unique_ptr<Gateway> gateway;
  std::unique_ptr<HttpNameResolver> names;  // null: none
  std::unique_ptr<RelayPool> relays;        // null: no private routing
  std::optional<GrpcQueueBackend> queues;
  std::optional<IdentityWatch> identity_watch;

  backend::AccessPolicy& use_access(const ProgramSettings& settings, std::uint64_t gateway_id, const Clock& clock);
};

backend::AccessPolicy& GatewayProcess::Parts::use_access(const ProgramSettings& settings, std::uint64_t gateway_id,
                                                         const Clock& clock) {
  if (settings.auth_targets.empty()) return policy.emplace(settings.password, settings.new_queues);
  authority.emplace(authority_settings(settings), gateway_id, clock);
  return cache.emplace(AccessCache::Options{}, *authority, clock);
}

GatewayProcess::GatewayProcess(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

GatewayProcess::~GatewayProcess() {
  parts_->identity_watch.reset();
  parts_->gateway->stop();
  if (parts_->web) parts_->web->listener.reset();
  if (parts_->names) parts_->names->stop();
  if (parts_->relays) parts_->relays->stop();
  // What was created is reported before the way to the auth service goes.
  if (parts_->cache) parts_->cache->stop();
  if (parts_->authority) parts_->authority->stop();
  parts_->queues->stop();
  parts_->relay.set(nullptr);
}

Result<std::unique_ptr<GatewayProcess>> GatewayProcess::start(const ProgramSettings& settings, const Clock& clock) {
  auto parts = std::make_unique<Parts>();
  auto web_certificate = open_web_certificate(settings);
  if (!web_certificate) return web_certificate.error();
  parts->web_certificate = *std::move(web_certificate);
  const auto browsers = browsers_of(parts->web_certificate);
  const auto identity = load_served_identity(settings.identity_dir, clock.system_now(), browsers);
  if (!identity) return identity.error();
  parts->warnings = identity_warnings(settings);
  parts->close_time = settings.close_time;

  auto names = open_name_resolver(settings);
  if (!names) return names.error();
  parts->names = *std::move(names);
  auto to_queues = backend_settings(settings);
  to_queues.name = host_name();
  if (auto status = GrpcQueueBackend::check(to_queues); !status) return status.error();
  const auto id = random_gateway_id();
  backend::AccessPolicy& access = parts->use_access(settings, id, clock);
  auto relays = open_relays(settings, access);
  if (!relays) return relays.error();
  parts->relays = *std::move(relays);
  auto web = open_web_site(settings, (*identity)->identity.fingerprint, access);
  if (!web) return web.error();
  parts->web = *std::move(web);
  parts->queues.emplace(to_queues, id, parts->relay, clock);

  auto to_clients = gateway_settings(settings, settings.drain_time);
  to_clients.gateway_id = id;
  to_clients.resume_interval = settings.resume_interval;
  parts->gateway = Gateway::create(std::move(to_clients), *identity, *parts->queues, access, clock, parts->names.get(),
                                   parts->relays.get(), parts->web ? &parts->web->web : nullptr);
  auto started = parts->gateway->start();
  // Events may come from here on: no session exists that could have missed one.
  if (started) parts->relay.set(parts->gateway.get());
  auto process = std::unique_ptr<GatewayProcess>(new GatewayProcess(std::move(parts)));
  if (!started) return started.error();
  process->parts_->identity_watch.emplace(
      IdentityWatch::Options{settings.identity_dir, settings.identity_reload_interval, browsers}, *identity, clock,
      [&gateway = *process->parts_->gateway](const auto& changed) { gateway.use_identity(changed); });
  process->parts_->ports = std::move(started->ports);
  for (auto& warning : started->warnings) process->parts_->warnings.push_back(std::move(warning));
  return process;
}

const std::vector<std::uint16_t>& GatewayProcess::ports() const {
  return parts_->ports;
}

void GatewayProcess::expose(metrics::Metrics& metrics, Health& health) {
  expose_gateway(metrics, parts_->gateway->counters());
  if (parts_->relays) expose_relays(metrics, parts_->relays->counters());
  if (parts_->web) expose_web(metrics, parts_->web->counters);
  expose_identity(metrics, parts_->identity_watch->counters());
  expose_backend(metrics, parts_->queues->counters());
  // Without the auth service messages go on, and so do passwords that are remembered: it is no check of health.
  if (parts_->cache) expose_access(metrics, *parts_->cache);
  if (parts_->authority) expose_authority(metrics, parts_->authority->counters());
  health.add("queue_service", [this]() -> Status {
    if (parts_->queues->healthy()) return ok_status();
    return Error{ErrorCode::unavailable,
                 "no replica is reached; see queue_service.targets and the log of the replicas"};
  });
}

void GatewayProcess::announce() const {
  for (const auto& warning : parts_->warnings) log::warning("start", {{"warning", warning}});
  for (const auto port : parts_->ports) log::info("listening", {{"port", port}});
  if (parts_->web && parts_->web->listener) log::info("web page", {{"port", parts_->web->listener->port()}});
  log::info("ready");
}

void GatewayProcess::reload() {
  parts_->identity_watch->look_now();
  if (parts_->web_certificate) parts_->web_certificate->look_now();
}

std::chrono::milliseconds GatewayProcess::close_time() const {
  return parts_->close_time;
}

void GatewayProcess::drain() {
  parts_->gateway->stop();
}

}  // namespace sotto::gateway
