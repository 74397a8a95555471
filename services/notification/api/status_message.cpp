#include "services/notification/api/status_message.hpp"

namespace sotto::notification {
namespace {

// Of the hash of a certificate: enough to tell a few services apart.
constexpr std::size_t kShownBytes = 4;

}  // namespace

void to_proto(const NotificationStatus& status, v1::GetStatusResponse& out) {
  out.set_notifiers_subscribed(status.notifiers_subscribed);
  out.set_pending(status.pending);
  out.set_pending_without_subscriber(status.pending_without_subscriber);
  out.set_oldest_pending_seconds(status.oldest_pending_seconds);
  out.set_delivered(status.delivered);
  out.set_expired(status.expired);
  out.set_dropped(status.dropped);
  for (const auto& each : status.services) {
    auto& service = *out.add_services();
    service.set_certificate(to_hex(ByteView(each.certificate_hash).first(kShownBytes)));
    service.set_subscribed(each.subscribed);
    service.set_notifiers_pending(each.notifiers_pending);
  }
}

}  // namespace sotto::notification
