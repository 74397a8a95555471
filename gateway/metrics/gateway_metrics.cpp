#include "gateway/metrics/gateway_metrics.hpp"

#include <array>
#include <string>
#include <string_view>

namespace sotto::gateway {
namespace {

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

// In the order of smp::Command.
constexpr std::array<std::string_view, 25> kCommands{
    "NEW", "SUB",  "SUBS", "KEY",  "RKEY", "LSET", "LDEL", "NKEY",  "NDEL", "GET",  "ACK",  "OFF", "DEL",
    "QUE", "SKEY", "SEND", "PING", "LKEY", "LGET", "NSUB", "NSUBS", "PRXY", "PFWD", "RFWD", "RSLV"};
static_assert(kCommands.size() == std::variant_size_v<smp::Command>);

}  // namespace

void expose_gateway(metrics::Metrics& metrics, const GatewayCounters& counters) {
  const auto gauge = [&](const char* name, const char* help, std::function<double()> read,
                         const metrics::Labels& labels = {}) {
    metrics.callback_gauge(name, help, std::move(read), labels);
  };
  gauge("smp_connections", "Connections open now.", [&] { return number(counters.connections.get()); });
  gauge("smp_handshakes", "Connections in their handshakes now.", [&] { return number(counters.handshaking.get()); });
  gauge("smp_subscriptions", "Queues subscribed to now.", [&] { return number(counters.subscriptions.get()); });
  gauge("smp_service_subscriptions", "Services subscribed to now, each with all of its queues or notifiers.",
        [&] { return number(counters.service_subscriptions.get()); });
  const auto counter = [&](const char* name, const char* help, std::function<double()> read,
                           const metrics::Labels& labels = {}) {
    metrics.callback_counter(name, help, std::move(read), labels);
  };
  counter("smp_connections_accepted_total", "Connections accepted.", [&] { return number(counters.accepted.get()); });
  for (std::size_t i = 0; i < kCloseReasons; ++i) {
    counter("smp_connections_closed_total", "Connections closed, by reason.",
            [&counters, i] { return number(counters.closed[i].get()); },
            {{"reason", std::string(to_string(static_cast<CloseReason>(i)))}});
  }
  for (std::size_t v = smp::kMinVersion; v <= smp::kMaxVersion; ++v) {
    counter("smp_sessions_total", "Handshakes completed, by protocol version.",
            [&counters, v] { return number(counters.sessions_by_version[v].get()); }, {{"version", std::to_string(v)}});
  }
  for (std::size_t i = 0; i < backend::kAccessDecisions; ++i) {
    counter("smp_new_queue_decisions_total", "NEW commands by what their password was worth.",
            [&counters, i] { return number(counters.new_queue_decisions[i].get()); },
            {{"decision", std::string(to_string(static_cast<backend::AccessDecision>(i)))}});
    counter("smp_proxy_decisions_total", "PRXY commands by what their password was worth.",
            [&counters, i] { return number(counters.proxy_decisions[i].get()); },
            {{"decision", std::string(to_string(static_cast<backend::AccessDecision>(i)))}});
  }
  constexpr std::array kDrifts{"none", "more", "fewer", "other", "unchecked"};
  for (std::size_t i = 0; i < kDrifts.size(); ++i) {
    counter("smp_service_subscribe_total",
            "SUBS and NSUBS by drift: whether the server knows of the same queues as the service, of more, or fewer.",
            [&counters, i] { return number(counters.service_drift[i].get()); }, {{"drift", kDrifts[i]}});
  }
  for (std::size_t i = 0; i < kNameOutcomes; ++i) {
    counter("smp_names_resolved_total", "Names that the resolver was asked for, by what came of it.",
            [&counters, i] { return number(counters.names_resolved[i].get()); },
            {{"outcome", std::string(to_string(static_cast<NameOutcome>(i)))}});
  }
  metrics.callback_histogram("smp_name_seconds", "From asking the resolver for a name to its answer.",
                             counters.name_times);
  counter("smp_relay_messages_received_total", "Commands that other servers passed on for their clients.",
          [&] { return number(counters.forwarded_received.get()); });
  constexpr std::array kKinds{"none", "ed25519", "ed448", "authenticator"};
  for (std::size_t i = 1; i < kKinds.size(); ++i) {
    counter("smp_verifications_total", "Authorizations verified, by kind.",
            [&counters, i] { return number(counters.verifications[i].get()); }, {{"kind", kKinds[i]}});
  }
  for (std::size_t i = 0; i < kCommands.size(); ++i) {
    counter("smp_commands_total", "Commands that were parsed, by word.",
            [&counters, i] { return number(counters.commands[i].get()); }, {{"command", std::string(kCommands[i])}});
  }
  metrics.callback_histogram("smp_block_seconds",
                             "From a block of commands to all of its responses, the backend's time included.",
                             counters.block_times);
  counter("smp_errors_total", "ERR responses sent.", [&] { return number(counters.errors.get()); });
  counter("smp_unparsable_blocks_total", "Blocks that do not decrypt or parse.",
          [&] { return number(counters.unparsable_blocks.get()); });
  counter("smp_messages_delivered_total", "MSG sent, repeated deliveries included.",
          [&] { return number(counters.messages_delivered.get()); });
  counter("smp_notifications_dropped_total", "NMSG not sent because the notifier does not read.",
          [&] { return number(counters.notifications_dropped.get()); });
  counter("smp_stale_records_total", "Operations verified again because the queue's record had changed.",
          [&] { return number(counters.stale_records.get()); });
}

void expose_relays(metrics::Metrics& metrics, const RelayCounters& counters) {
  constexpr std::array kSources{"other", "own"};
  for (std::size_t source = 0; source < kSources.size(); ++source) {
    for (std::size_t i = 0; i < kRelayOutcomes; ++i) {
      const metrics::Labels labels{{"source", kSources[source]},
                                   {"outcome", std::string(to_string(static_cast<RelayOutcome>(i)))}};
      metrics.callback_counter(
          "smp_relay_sessions_total", "PRXY by what came of it, and whether the server is of proxy.own_domains.",
          [&counters, source, i] { return number(counters.sessions[source][i].load()); }, labels);
      metrics.callback_counter(
          "smp_relay_messages_total", "PFWD by what came of it, and whether the server is of proxy.own_domains.",
          [&counters, source, i] { return number(counters.messages[source][i].load()); }, labels);
    }
  }
  metrics.callback_counter("smp_relay_remembered_failures_total",
                           "PRXY answered with a failure of shortly before, without another connection.",
                           [&] { return number(counters.remembered.load()); });
  metrics.callback_counter("smp_relay_evicted_total", "Idle connections to servers closed to make room for others.",
                           [&] { return number(counters.evicted.load()); });
  constexpr auto* kConnections = "smp_relay_connections";
  constexpr auto* kConnectionsHelp = "Connections to other servers now, established or on their way.";
  metrics.callback_gauge(kConnections, kConnectionsHelp, [&] { return number(counters.connected.load()); },
                         {{"state", "established"}});
  metrics.callback_gauge(kConnections, kConnectionsHelp, [&] { return number(counters.connecting.load()); },
                         {{"state", "connecting"}});
  metrics.callback_gauge("smp_relay_in_flight", "Commands at other servers now.",
                         [&] { return number(counters.in_flight.load()); });
}

void expose_identity(metrics::Metrics& metrics, const IdentityCounters& counters) {
  metrics.callback_gauge("smp_certificate_expiry_seconds", "When the server certificate ends, seconds since 1970.",
                         [&] { return static_cast<double>(counters.certificate_end.load()); });
  constexpr auto* kReloads = "smp_identity_reloads_total";
  constexpr auto* kReloadsHelp = "Changed files of the identity, by what came of them.";
  metrics.callback_counter(kReloads, kReloadsHelp, [&] { return number(counters.reloaded.get()); }, {{"result", "ok"}});
  metrics.callback_counter(kReloads, kReloadsHelp, [&] { return number(counters.refused.get()); },
                           {{"result", "refused"}});
}

void expose_web(metrics::Metrics& metrics, const WebCounters& counters) {
  const auto requests = [&](const std::atomic<std::uint64_t>& counter, const char* outcome) {
    metrics.callback_counter("smp_web_requests_total", "Requests of browsers, by what they got.",
                             [&counter] { return number(counter.load(std::memory_order_relaxed)); },
                             {{"outcome", outcome}});
  };
  requests(counters.shown, "shown");
  requests(counters.not_found, "not_found");
  requests(counters.refused, "refused");
}

void expose_access(metrics::Metrics& metrics, const AccessCache& access) {
  metrics.callback_gauge("smp_access_open", "1: there is no password, anybody may create queues.",
                         [&] { return access.open().value_or(false) ? 1.0 : 0.0; });
  metrics.callback_gauge("smp_access_known",
                         "1: changes of passwords and policy are heard of; 0: their keeper is away.",
                         [&] { return access.open().has_value() ? 1.0 : 0.0; });
}

}  // namespace sotto::gateway
