#include "services/auth/api/notification_status_service.hpp"

namespace sotto::auth {

grpc::Status NotificationStatusService::GetStatus(grpc::ServerContext* context,
                                                  const notification::v1::GetStatusRequest* /*request*/,
                                                  notification::v1::GetStatusResponse* response) {
  auto status = moderation_.admit(*context, Moderation::Kind::look, "notification.status", {});
  return status.ok() ? ask_(*context, *response) : status;
}

}  // namespace sotto::auth
