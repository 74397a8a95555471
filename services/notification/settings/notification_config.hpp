// NotificationConfig: what can be set of the notification service in every program that holds it, and the rows of their
// tables for it. A value; const after start, then any thread may read it.
#pragma once

#include <chrono>

#include "libs/config/table.hpp"
#include "services/notification/domain/notification_hub.hpp"

namespace sotto::notification {

struct NotificationConfig {
  // [events]
  std::chrono::milliseconds notification_interval{};  // NMSG are sent together this often; 0: at once
  std::chrono::milliseconds notification_lifetime{};
};

// Rows of the section [events], which the caller began.
void notification_rows(config::Table& table, NotificationConfig& config);

// As the domain wants it.
HubOptions hub_options(const NotificationConfig& config);

}  // namespace sotto::notification
