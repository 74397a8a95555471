#include "services/notification/settings/notification_config.hpp"

namespace sotto::notification {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

void notification_rows(config::Table& table, NotificationConfig& config) {
  table.duration({"notification_interval", "notification-interval", "1500ms",
                  "Notifications of new messages are delivered to notification servers this often; 0: at once."},
                 {milliseconds(0), hours(1)}, config.notification_interval);
  table.duration({"notification_lifetime", "notification-lifetime", "24h",
                  "Notifications that no notification server fetched for so long are dropped."},
                 {seconds(1), hours(30 * 24)}, config.notification_lifetime);
}

HubOptions hub_options(const NotificationConfig& config) {
  HubOptions out;
  out.interval = config.notification_interval;
  out.lifetime = std::chrono::duration_cast<seconds>(config.notification_lifetime);
  return out;
}

}  // namespace sotto::notification
