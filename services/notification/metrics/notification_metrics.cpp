#include "services/notification/metrics/notification_metrics.hpp"

namespace sotto::notification {

void expose_hub(metrics::Metrics& metrics, const NotificationHub& hub) {
  const auto counter = [&](const char* name, const char* help, std::uint64_t HubCounters::*value,
                           const metrics::Labels& labels = {}) {
    metrics.callback_counter(
        name, help, [&hub, value] { return static_cast<double>(hub.counters().*value); }, labels);
  };
  metrics.callback_gauge("smp_notifiers_subscribed",
                         "Notifiers that somebody listens to, who subscribed through this process.",
                         [&hub] { return static_cast<double>(hub.counters().subscribed); });
  counter("smp_notifications_delivered_total", "Notifications handed to a session.", &HubCounters::delivered);
  counter("smp_notifications_stored_total", "Notifications kept because nobody listened.", &HubCounters::stored);
  constexpr auto* kLost = "smp_notifications_lost_total";
  constexpr auto* kLostHelp = "Notifications that will never be delivered, by reason.";
  counter(kLost, kLostHelp, &HubCounters::dropped_overload, {{"reason", "overload"}});
  counter(kLost, kLostHelp, &HubCounters::dropped_old, {{"reason", "too_many"}});
  counter(kLost, kLostHelp, &HubCounters::expired, {{"reason", "expired"}});
  counter("smp_notification_store_failures_total", "Calls of the store of notifications that failed.",
          &HubCounters::store_failures);
}

void expose_pending(metrics::Metrics& metrics, const std::function<NotificationStatus()>& status) {
  metrics.callback_gauge("smp_notifications_pending", "Notifications that wait now.",
                         [status] { return static_cast<double>(status().pending); });
  metrics.callback_gauge("smp_notifications_without_subscriber",
                         "Of the notifications that wait, those for notifiers that nobody listens to.",
                         [status] { return static_cast<double>(status().pending_without_subscriber); });
  metrics.callback_gauge("smp_notifications_oldest_seconds", "Age of the oldest notification that waits; 0: none does.",
                         [status] { return static_cast<double>(status().oldest_pending_seconds); });
}

}  // namespace sotto::notification
