#include "services/notification/process/server_metrics.hpp"

#include <atomic>

namespace sotto::notification {

void expose_server(metrics::Metrics& metrics, const NotificationServer& server) {
  const auto& counters = server.counters();
  const auto counter = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    metrics.callback_counter(name, help, [&value] { return static_cast<double>(value.load()); });
  };
  metrics.callback_gauge("smp_notification_clients", "Queue services that are attached now.",
                         [&counters] { return static_cast<double>(counters.clients.load()); });
  counter("smp_notification_streams_total", "Streams of queue services that were begun.", counters.streams);
  counter("smp_notification_requests_total", "Pushes, subscriptions, removals and ends of sessions that came.",
          counters.requests);
  counter("smp_notification_requests_malformed_total", "Of them, those that were not understood.", counters.malformed);
  counter("smp_notification_events_sent_total", "Notifications and other events that were written.",
          counters.events_sent);
  counter("smp_notification_events_dropped_total",
          "Notifications and other events that were lost: no queue service was attached, or too much waited for it.",
          counters.events_dropped);
}

}  // namespace sotto::notification
