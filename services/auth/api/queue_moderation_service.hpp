// QueueModerationService: sotto.queue.v1.QueueAdmin for the administrators of a platform: who calls is asked and what
// is done is audited here (Moderation), then a replica of the queue service does it. Owned by who serves it; what it is
// given must outlive it. Calls come from threads of gRPC and wait for the store and for the replica.
#pragma once

#include <grpcpp/channel.h>
#include <sotto/queue/v1/queue.grpc.pb.h>

#include <memory>
#include <vector>

#include "services/auth/api/moderation.hpp"

namespace sotto::auth {

class QueueModerationService final : public queue::v1::QueueAdmin::Service {
 public:
  // `replicas`: at least one. The first is asked, the next only when nobody answers there: all that is asked may be
  // done twice.
  QueueModerationService(Moderation& moderation, const std::vector<std::shared_ptr<grpc::Channel>>& replicas);

  grpc::Status GetTotals(grpc::ServerContext* context, const queue::v1::GetTotalsRequest* request,
                         queue::v1::GetTotalsResponse* response) override;
  grpc::Status GetQueueStatus(grpc::ServerContext* context, const queue::v1::GetQueueStatusRequest* request,
                              queue::v1::GetQueueStatusResponse* response) override;
  grpc::Status BlockQueue(grpc::ServerContext* context, const queue::v1::BlockQueueRequest* request,
                          queue::v1::BlockQueueResponse* response) override;
  grpc::Status UnblockQueue(grpc::ServerContext* context, const queue::v1::UnblockQueueRequest* request,
                            queue::v1::UnblockQueueResponse* response) override;
  grpc::Status DeleteQueue(grpc::ServerContext* context, const queue::v1::DeleteQueueRequest* request,
                           queue::v1::DeleteQueueResponse* response) override;
  grpc::Status ExpireNow(grpc::ServerContext* context, const queue::v1::ExpireNowRequest* request,
                         queue::v1::ExpireNowResponse* response) override;

 private:
  using Stub = queue::v1::QueueAdmin::Stub;
  template <class Method, class Request, class Response>
  grpc::Status pass_on(const grpc::ServerContext& context, Method method, const Request& request, Response& response);

  Moderation& moderation_;
  std::vector<std::unique_ptr<Stub>> replicas_;
};

}  // namespace sotto::auth
