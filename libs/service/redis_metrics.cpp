#include "libs/service/redis_metrics.hpp"

#include <atomic>

namespace sotto::service {

void expose_redis(metrics::Metrics& metrics, const redis::Client& client) {
  const auto counter = [&metrics](const char* name, const char* help, const std::atomic<std::uint64_t>& value,
                                  const metrics::Labels& labels = {}) {
    metrics.callback_counter(
        name, help, [&value] { return static_cast<double>(value.load()); }, labels);
  };
  metrics.callback_gauge("smp_redis_up", "1 while all connections to Redis stand.",
                         [&client] { return client.connected() ? 1.0 : 0.0; });
  metrics.callback_gauge("smp_redis_commands_waiting", "Commands that are not answered yet.",
                         [&client] { return static_cast<double>(client.waiting()); });
  const auto& counters = client.counters();
  counter("smp_redis_commands_total", "Commands for Redis.", counters.commands);
  counter("smp_redis_failures_total", "Commands that were answered with an error.", counters.failures);
  counter("smp_redis_refused_total", "Commands that were refused because too much waited.", counters.refused);
  counter("smp_redis_connections_total", "Connections to Redis that were made.", counters.connections);
  counter("smp_redis_connections_lost_total", "Connections to Redis that were up and ended.", counters.lost);
  constexpr auto* kRedirects = "smp_redis_redirects_total";
  constexpr auto* kRedirectsHelp = "Commands that a cluster sent to another node, by kind.";
  counter(kRedirects, kRedirectsHelp, counters.moved, {{"kind", "moved"}});
  counter(kRedirects, kRedirectsHelp, counters.asked, {{"kind", "ask"}});
  counter("smp_redis_retries_total", "Commands that a cluster could not answer yet.", counters.retries);
  counter("smp_redis_messages_total", "Messages on channels that came.", counters.messages);
}

}  // namespace sotto::service
