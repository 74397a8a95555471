// NotificationStatus as administrators get it. Pure functions; any thread.
#pragma once

#include <sotto/notification/v1/notification.pb.h>

#include "services/notification/domain/notification_status.hpp"

namespace sotto::notification {

void to_proto(const NotificationStatus& status, v1::GetStatusResponse& out);

}  // namespace sotto::notification
