#include "gateway/process/settings.hpp"

#include <optional>
#include <utility>

#include "gateway/settings/names_config.hpp"
#include "gateway/settings/proxy_config.hpp"
#include "gateway/settings/web_config.hpp"
#include "libs/config/value.hpp"

namespace sotto::gateway {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

// A name that is to be resolved may be written as gRPC does; every name is.
constexpr std::string_view kDnsScheme = "dns:///";

std::string without_schemes(std::string_view targets) {
  std::string out;
  for (auto target : config::split_list(targets)) {
    if (target.starts_with(kDnsScheme)) target.remove_prefix(kDnsScheme.size());
    if (!out.empty()) out += ',';
    out += target;
  }
  return out;
}

void queue_service_rows(config::Table& table, ProgramSettings& settings) {
  table.section("queue_service", "Queue service");
  table.text({"targets", "queue-service-targets", "127.0.0.1:7450",
              "Where the replicas of the queue service are. A name that resolves to several addresses is that many "
              "replicas, and it is resolved again and again."},
             "hosts with ports separated by commas, such as queue-0:7450,queue-1:7450 or dns:///queues.internal:7450",
             settings.queue_targets);
  runtime::tls_rows(table, "queue-service", "the queue service", settings.queue_tls);
  table.duration(
      {"request_deadline", "queue-service-request-deadline", "10s",
       "A request that has no answer by then is answered with ERR STORE. Apps give up after 10 to 15 seconds."},
      {milliseconds(100), minutes(1)}, settings.queue_deadline);
  table.duration({"resume_interval", "queue-service-resume-interval", "1h",
                  "Subscriptions are registered again this often, so that what was lost unnoticed comes back; 0: only "
                  "when a loss is noticed."},
                 {milliseconds(0), hours(12)}, settings.resume_interval);
  runtime::require_mutual_tls(table, "queue_service", settings.queue_tls);
  table.rule([&settings]() -> std::optional<std::string> {
    const auto status = GrpcQueueBackend::check(backend_settings(settings));
    if (status) return std::nullopt;
    return "[queue_service]: " + status.error().message;
  });
}

void auth_service_rows(config::Table& table, ProgramSettings& settings) {
  table.section("auth_service", "Auth service");
  table.text({"targets", "auth-service-targets", "",
              "Where the replicas of sotto-auth are, which keeps passwords and policy. One is used at a time. Empty: "
              "there is none, and access.password is the only password."},
             "hosts with ports separated by commas, such as auth-0:7451,auth-1:7451 or dns:///auth.internal:7451, or "
             "empty",
             settings.auth_targets);
  runtime::tls_rows(table, "auth-service", "the auth service", settings.auth_tls);
  runtime::require_mutual_tls(table, "auth_service", settings.auth_tls);
  table.rule([&settings]() -> std::optional<std::string> {
    if (settings.auth_targets.empty()) {
      if (!settings.auth_tls.any()) return std::nullopt;
      return "auth_service.tls_… are set, but auth_service.targets is not: name the replicas of sotto-auth";
    }
    const auto status = GrpcAccessAuthority::check_settings(authority_settings(settings));
    if (status) return std::nullopt;
    return "[auth_service]: " + status.error().message;
  });
  // Two keepers of passwords would be two answers to who may.
  table.rule([&settings]() -> std::optional<std::string> {
    if (settings.auth_targets.empty() || (!settings.password && settings.new_queues)) return std::nullopt;
    return "access.password and access.new_queues are for gateways without an auth service: leave them out, and set "
           "them there (access.password of sotto-auth, `sotto policy set`)";
  });
}

std::optional<rpc::TlsFiles> tls_files(const runtime::TlsSettings& settings) {
  if (!settings.any()) return std::nullopt;
  rpc::TlsFiles out;
  out.authorities = settings.ca;
  out.certificate = settings.certificate;
  out.key = settings.key;
  return out;
}

}  // namespace

config::Table program_table(ProgramSettings& settings) {
  config::Table table(
      {"sotto-gateway",
       "The gateway of a Sotto platform: takes the connections of SMP clients and works over replicas of "
       "sotto-queue. It stores nothing. `sotto init` makes the identity that all gateways share."});
  transport_rows(table, settings);
  identity_rows(table, settings);
  queue_service_rows(table, settings);
  auth_service_rows(table, settings);
  access_rows(table, settings);
  names_rows(table, settings);
  proxy_rows(table, settings);
  web_rows(table, settings);
  web_queue_rows(table, settings);
  table.section("events", "Events to clients");
  end_interval_row(table, settings);
  runtime::process_rows(table, settings);
  close_time_row(table, settings);
  return table;
}

Result<LoadedProgram> load_program(int argc, const char* const* argv, const char* const* environment) {
  LoadedProgram result;
  auto table = program_table(result.settings);
  auto loaded = runtime::load_table(table, argc, argv, environment);
  if (!loaded) return loaded.error();
  static_cast<runtime::LoadedTable&>(result) = std::move(*loaded);
  if (result.request == config::Request::help || result.request == config::Request::version) return result;
  settle_origins(table, result.settings);
  // With an auth service, that one says whether the platform is open.
  if (!result.settings.auth_targets.empty()) return result;
  for (auto& warning : warnings_of(result.settings)) result.warnings.push_back(std::move(warning));
  return result;
}

GrpcBackendSettings backend_settings(const ProgramSettings& settings) {
  GrpcBackendSettings out;
  out.replicas = without_schemes(settings.queue_targets);
  out.tls = tls_files(settings.queue_tls);
  out.batch_deadline = settings.queue_deadline;
  out.stop_timeout = settings.drain_time;
  return out;
}

GrpcAuthoritySettings authority_settings(const ProgramSettings& settings) {
  GrpcAuthoritySettings out;
  out.service = without_schemes(settings.auth_targets);
  out.tls = tls_files(settings.auth_tls);
  return out;
}

}  // namespace sotto::gateway
