#include "services/notification/api/status_message.hpp"

namespace sotto::notification {

void to_proto(const NotificationStatus& status, v1::GetStatusResponse& out) {
  out.set_notifiers_subscribed(status.notifiers_subscribed);
  out.set_pending(status.pending);
  out.set_pending_without_subscriber(status.pending_without_subscriber);
  out.set_oldest_pending_seconds(status.oldest_pending_seconds);
  out.set_delivered(status.delivered);
  out.set_expired(status.expired);
  out.set_dropped(status.dropped);
}

}  // namespace sotto::notification
