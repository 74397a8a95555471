#include "services/auth/api/queue_moderation_service.hpp"

#include <grpcpp/client_context.h>

#include <chrono>
#include <string>

#include "libs/rpc/deadline.hpp"
#include "libs/rpc/status.hpp"

namespace sotto::auth {
namespace {

using Kind = Moderation::Kind;

// For callers without a deadline.
constexpr std::chrono::seconds kMostTime{15};
// Of one replica, when there are others: time is left for them.
constexpr std::chrono::seconds kOneTime{4};

// Without details it is gRPC's own: nobody has answered.
bool nobody_answered(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         (status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty());
}

std::string reason_of(const queue::v1::BlockQueueRequest& request) {
  return request.blocking().reason() == queue::v1::BLOCKING_REASON_CONTENT ? "content" : "spam";
}

}  // namespace

QueueModerationService::QueueModerationService(Moderation& moderation,
                                               const std::vector<std::shared_ptr<grpc::Channel>>& replicas)
    : moderation_(moderation) {
  for (const auto& channel : replicas) replicas_.push_back(queue::v1::QueueAdmin::NewStub(channel));
}

template <class Method, class Request, class Response>
grpc::Status QueueModerationService::pass_on(const grpc::ServerContext& context, Method method, const Request& request,
                                             Response& response) {
  const auto until = std::chrono::system_clock::now() + rpc::time_left(context, kMostTime);
  for (std::size_t i = 0;; ++i) {
    const bool last = i + 1 == replicas_.size();
    grpc::ClientContext onward;
    onward.set_deadline(last ? until : std::min(until, std::chrono::system_clock::now() + kOneTime));
    const auto status = ((*replicas_[i]).*method)(&onward, request, &response);
    if (!nobody_answered(status)) return status;
    if (last || std::chrono::system_clock::now() >= until) {
      return rpc::to_status({ErrorCode::unavailable, "no replica of the queue service answers"});
    }
  }
}

grpc::Status QueueModerationService::GetTotals(grpc::ServerContext* context, const queue::v1::GetTotalsRequest* request,
                                               queue::v1::GetTotalsResponse* response) {
  auto status = moderation_.admit(*context, Kind::look, "queue.totals", {});
  return status.ok() ? pass_on(*context, &Stub::GetTotals, *request, *response) : status;
}

grpc::Status QueueModerationService::GetQueueStatus(grpc::ServerContext* context,
                                                    const queue::v1::GetQueueStatusRequest* request,
                                                    queue::v1::GetQueueStatusResponse* response) {
  auto status = moderation_.admit(*context, Kind::look, "queue.status", {});
  return status.ok() ? pass_on(*context, &Stub::GetQueueStatus, *request, *response) : status;
}

grpc::Status QueueModerationService::BlockQueue(grpc::ServerContext* context,
                                                const queue::v1::BlockQueueRequest* request,
                                                queue::v1::BlockQueueResponse* response) {
  auto status = moderation_.admit(*context, Kind::limited, "queue.block", reason_of(*request));
  return status.ok() ? pass_on(*context, &Stub::BlockQueue, *request, *response) : status;
}

grpc::Status QueueModerationService::UnblockQueue(grpc::ServerContext* context,
                                                  const queue::v1::UnblockQueueRequest* request,
                                                  queue::v1::UnblockQueueResponse* response) {
  auto status = moderation_.admit(*context, Kind::undo, "queue.unblock", {});
  return status.ok() ? pass_on(*context, &Stub::UnblockQueue, *request, *response) : status;
}

grpc::Status QueueModerationService::DeleteQueue(grpc::ServerContext* context,
                                                 const queue::v1::DeleteQueueRequest* request,
                                                 queue::v1::DeleteQueueResponse* response) {
  auto status = moderation_.admit(*context, Kind::limited, "queue.delete", {});
  return status.ok() ? pass_on(*context, &Stub::DeleteQueue, *request, *response) : status;
}

grpc::Status QueueModerationService::ExpireNow(grpc::ServerContext* context, const queue::v1::ExpireNowRequest* request,
                                               queue::v1::ExpireNowResponse* response) {
  auto status = moderation_.admit(*context, Kind::operate, "queue.expire", {});
  return status.ok() ? pass_on(*context, &Stub::ExpireNow, *request, *response) : status;
}

}  // namespace sotto::auth
