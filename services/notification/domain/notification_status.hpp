// NotificationStatus: what administrators are told of pending notifications (GetStatusResponse of sotto.notification.v1
// says what each is). A value.
#pragma once

#include <cstdint>
#include <vector>

#include "services/notification/domain/notification_hub.hpp"

namespace sotto::notification {

struct NotificationStatus {
  std::uint64_t notifiers_subscribed = 0;
  std::uint64_t pending = 0;
  std::uint64_t pending_without_subscriber = 0;
  std::uint64_t oldest_pending_seconds = 0;
  std::uint64_t delivered = 0;
  std::uint64_t expired = 0;
  std::uint64_t dropped = 0;
  std::vector<ServiceStatus> services;
};

// `stored`: notifications that wait for somebody to listen; the oldest of them is so old.
inline NotificationStatus status_of(const HubCounters& hub, std::uint64_t stored, std::uint64_t oldest_seconds) {
  return {.notifiers_subscribed = hub.subscribed,
          .pending = stored + hub.collected,
          .pending_without_subscriber = stored,
          .oldest_pending_seconds = oldest_seconds,
          .delivered = hub.delivered,
          .expired = hub.expired,
          .dropped = hub.dropped_old + hub.dropped_overload,
          .services = {}};
}

}  // namespace sotto::notification
