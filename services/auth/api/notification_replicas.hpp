// NotificationReplicas: asks all replicas of the notification service and adds up what they say. Any thread; a call
// waits for each of them, some seconds at most.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server_context.h>
#include <sotto/notification/v1/notification.grpc.pb.h>

#include <memory>
#include <vector>

namespace sotto::auth {

class NotificationReplicas {
 public:
  // At least one.
  explicit NotificationReplicas(const std::vector<std::shared_ptr<grpc::Channel>>& replicas);

  // UNAVAILABLE: none of them answers.
  grpc::Status ask(const grpc::ServerContext& context, notification::v1::GetStatusResponse& response) const;

 private:
  std::vector<std::unique_ptr<notification::v1::NotificationAdmin::Stub>> replicas_;
};

}  // namespace sotto::auth
