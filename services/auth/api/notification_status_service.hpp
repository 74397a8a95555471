// NotificationStatusService: sotto.notification.v1.NotificationAdmin for administrators: who calls is asked here, what
// is answered comes from the notification service or from this process. Owned by who serves it; what it is given must
// outlive it. Calls come from threads of gRPC and wait for the answer.
#pragma once

#include <sotto/notification/v1/notification.grpc.pb.h>

#include <functional>
#include <utility>

#include "services/auth/api/moderation.hpp"

namespace sotto::auth {

class NotificationStatusService final : public notification::v1::NotificationAdmin::Service {
 public:
  using Ask =
      std::function<grpc::Status(const grpc::ServerContext& context, notification::v1::GetStatusResponse& response)>;
  NotificationStatusService(Moderation& moderation, Ask ask) : moderation_(moderation), ask_(std::move(ask)) {}

  grpc::Status GetStatus(grpc::ServerContext* context, const notification::v1::GetStatusRequest* request,
                         notification::v1::GetStatusResponse* response) override;

 private:
  Moderation& moderation_;
  const Ask ask_;
};

}  // namespace sotto::auth
