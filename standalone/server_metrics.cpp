#include <array>

#include "libs/observability/metrics.hpp"
#include "standalone/parts.hpp"

namespace sotto::standalone {
namespace {

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

}  // namespace

void expose_parts(const Server::Parts& parts, metrics::Metrics& metrics) {
  const auto& gateway = parts.gateway->counters();
  const auto gauge = [&](const char* name, const char* help, std::function<double()> read,
                         const metrics::Labels& labels = {}) {
    metrics.callback_gauge(name, help, std::move(read), labels);
  };
  gauge("smp_connections", "Connections open now.", [&] { return number(gateway.connections.get()); });
  gauge("smp_handshakes", "Connections in their handshakes now.", [&] { return number(gateway.handshaking.get()); });
  gauge("smp_subscriptions", "Queues subscribed to now.", [&] { return number(gateway.subscriptions.get()); });
  const auto counter = [&](const char* name, const char* help, std::function<double()> read,
                           const metrics::Labels& labels = {}) {
    metrics.callback_counter(name, help, std::move(read), labels);
  };
  counter("smp_connections_accepted_total", "Connections accepted.", [&] { return number(gateway.accepted.get()); });
  for (std::size_t i = 0; i < gateway::kCloseReasons; ++i) {
    counter("smp_connections_closed_total", "Connections closed, by reason.",
            [&gateway, i] { return number(gateway.closed[i].get()); },
            {{"reason", std::string(to_string(static_cast<gateway::CloseReason>(i)))}});
  }
  for (std::size_t v = smp::kMinVersion; v <= smp::kMaxVersion; ++v) {
    counter("smp_sessions_total", "Handshakes completed, by protocol version.",
            [&gateway, v] { return number(gateway.sessions_by_version[v].get()); }, {{"version", std::to_string(v)}});
  }
  constexpr std::array kDecisions{"allowed", "missing_password", "wrong_password", "new_queues_off"};
  for (std::size_t i = 0; i < kDecisions.size(); ++i) {
    counter("smp_new_queue_decisions_total", "NEW commands by what their password was worth.",
            [&gateway, i] { return number(gateway.new_queue_decisions[i].get()); }, {{"decision", kDecisions[i]}});
  }
  constexpr std::array kKinds{"none", "ed25519", "ed448", "authenticator"};
  for (std::size_t i = 1; i < kKinds.size(); ++i) {
    counter("smp_verifications_total", "Authorizations verified, by kind.",
            [&gateway, i] { return number(gateway.verifications[i].get()); }, {{"kind", kKinds[i]}});
  }
  counter("smp_errors_total", "ERR responses sent.", [&] { return number(gateway.errors.get()); });
  counter("smp_unparsable_blocks_total", "Blocks that do not decrypt or parse.",
          [&] { return number(gateway.unparsable_blocks.get()); });
  counter("smp_messages_delivered_total", "MSG sent, repeated deliveries included.",
          [&] { return number(gateway.messages_delivered.get()); });
  counter("smp_notifications_dropped_total", "NMSG not sent because the notifier does not read.",
          [&] { return number(gateway.notifications_dropped.get()); });
  counter("smp_stale_records_total", "Operations verified again because the queue's record had changed.",
          [&] { return number(gateway.stale_records.get()); });
  const auto& commit = parts.commit->counters();
  counter("smp_store_operations_total", "Operations executed by the queue service.",
          [&] { return number(commit.operations.load()); });
  counter("smp_store_commits_total", "Durable commits.", [&] { return number(commit.commits.load()); });
  counter("smp_store_failures_total", "Transactions dropped because the store failed.",
          [&] { return number(commit.store_failures.load()); });
  counter("smp_store_overloaded_total", "Operations refused because too many waited.",
          [&] { return number(commit.overloaded.load()); });
  counter("smp_messages_expired_total", "Messages removed because of their age.",
          [&] { return number(commit.expired.load()); });
  gauge("smp_queues", "Queues stored now.", [&] { return number(parts.queues->totals().queues); });
  gauge("smp_messages", "Messages stored now.", [&] { return number(parts.queues->totals().messages); });
}

}  // namespace sotto::standalone
