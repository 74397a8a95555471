#include "services/queue/api/admin_service.hpp"

#include <functional>
#include <utility>
#include <variant>

#include "libs/contract/operations.hpp"
#include "libs/rpc/deadline.hpp"
#include "libs/rpc/status.hpp"

namespace sotto::queue {
namespace {

using backend::Outcome;

// For callers without a deadline.
constexpr std::chrono::seconds kMostTime{30};
// How often an operation is tried again when the queue changes under it.
constexpr int kAttempts = 5;

grpc::Status unavailable() {
  return rpc::to_status({ErrorCode::unavailable, "the store does not answer now; try again later"});
}

grpc::ServerUnaryReactor* finish(grpc::CallbackServerContext& context, const grpc::Status& status) {
  auto* reactor = context.DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// One operation on a queue that is given by any of its ids: finds its record, performs the operation with the record's
// version, and does both again when the queue has changed in between. Keeps itself alive until it finishes the call.
class QueueCall : public std::enable_shared_from_this<QueueCall> {
 public:
  // Writes the response. `result` is a null pointer when the queue is blocked.
  using Answer =
      std::function<grpc::Status(const backend::QueueRecord& record, const backend::OperationResult* result)>;

  QueueCall(std::shared_ptr<ServerState> server, grpc::CallbackServerContext& context, contract::NamedId id,
            backend::Action action, Answer answer)
      : server_(std::move(server)),
        reactor_(*context.DefaultReactor()),
        deadline_(server_->clock.steady_now() + rpc::time_left(context, kMostTime)),
        id_(id),
        action_(std::move(action)),
        answer_(std::move(answer)) {}

  // Begins. Finished, perhaps already, is the reactor that is returned; it is made once, as the context wants it.
  grpc::ServerUnaryReactor* start() {
    auto* reactor = &reactor_;
    find();
    return reactor;
  }

 private:
  void find() {
    if (attempts_++ == kAttempts) {
      return reactor_.Finish({grpc::StatusCode::ABORTED, "the queue changes all the time; try again"});
    }
    submit({.queue = {}, .version = 0, .action = backend::Find{.role = id_.role, .id = id_.id}},
           [self = shared_from_this()](const backend::OperationResult& result) { self->found(result); });
  }

  void found(const backend::OperationResult& result) {
    if (result.outcome == Outcome::gone) return not_found();
    if (result.outcome != Outcome::ok || !result.record) return reactor_.Finish(unavailable());
    const auto record = result.record;
    submit({.queue = record->recipient_id, .version = record->version, .action = action_},
           [self = shared_from_this(), record](const backend::OperationResult& done) { self->done(*record, done); });
  }

  void done(const backend::QueueRecord& record, const backend::OperationResult& result) {
    switch (result.outcome) {
      case Outcome::ok:
        return reactor_.Finish(answer_(record, &result));
      case Outcome::stale:
        return find();
      case Outcome::gone:
        return not_found();
      case Outcome::blocked:
        return reactor_.Finish(answer_(result.record ? *result.record : record, nullptr));
      default:
        return reactor_.Finish(unavailable());
    }
  }

  void not_found() { reactor_.Finish(rpc::to_status({ErrorCode::not_found, "there is no such queue"})); }

  void submit(backend::Operation operation, std::function<void(const backend::OperationResult&)> then) {
    if (server_->stopping()) return reactor_.Finish(unavailable());
    backend::Batch batch;
    batch.deadline = deadline_;
    batch.operations.push_back(std::move(operation));
    batch.done = [then = std::move(then)](const std::vector<backend::OperationResult>& results) {
      then(results.empty() ? backend::OperationResult{} : results.front());
    };
    server_->queues->submit(std::move(batch));
  }

  const std::shared_ptr<ServerState> server_;
  grpc::ServerUnaryReactor& reactor_;  // of gRPC, until it is finished
  const SteadyTime deadline_;
  const contract::NamedId id_;
  const backend::Action action_;
  const Answer answer_;
  int attempts_ = 0;
};

}  // namespace

AdminService::~AdminService() {
  if (expiry_.joinable()) expiry_.join();
}

grpc::ServerUnaryReactor* AdminService::GetTotals(grpc::CallbackServerContext* context,
                                                  const v1::GetTotalsRequest* /*request*/,
                                                  v1::GetTotalsResponse* response) {
  if (!hooks_.totals) return finish(*context, {grpc::StatusCode::UNIMPLEMENTED, "totals are not counted here"});
  const StoreTotals totals = hooks_.totals();
  response->set_queues(totals.queues);
  response->set_messages(totals.messages);
  return finish(*context, grpc::Status::OK);
}

grpc::ServerUnaryReactor* AdminService::GetQueueStatus(grpc::CallbackServerContext* context,
                                                       const v1::GetQueueStatusRequest* request,
                                                       v1::GetQueueStatusResponse* response) {
  const auto id = contract::from_proto(request->id());
  if (!id) return finish(*context, rpc::to_status({ErrorCode::invalid_argument, id.error().message}));
  auto answer = [response](const backend::QueueRecord& record, const backend::OperationResult* result) {
    response->set_mode(contract::to_proto(record.mode));
    response->set_status(contract::to_proto(record.status));
    if (record.status == backend::QueueStatus::blocked) {
      contract::to_proto(record.blocking, *response->mutable_blocking());
    }
    response->set_secured(record.sender_key.has_value());
    response->set_has_notifier(record.notifier.has_value());
    response->set_has_link(record.link_id.has_value());
    if (result != nullptr) {
      response->set_messages(result->messages);
      response->set_subscribed(result->subscribed);
    }
    return grpc::Status::OK;
  };
  return std::make_shared<QueueCall>(server_, *context, *id, backend::Inspect{}, std::move(answer))->start();
}

grpc::ServerUnaryReactor* AdminService::DeleteQueue(grpc::CallbackServerContext* context,
                                                    const v1::DeleteQueueRequest* request,
                                                    v1::DeleteQueueResponse* /*response*/) {
  const auto id = contract::from_proto(request->id());
  if (!id) return finish(*context, rpc::to_status({ErrorCode::invalid_argument, id.error().message}));
  auto answer = [](const backend::QueueRecord& /*record*/, const backend::OperationResult* result) {
    return result != nullptr ? grpc::Status::OK
                             : grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                                            "the queue is blocked; unblock it before it is deleted");
  };
  return std::make_shared<QueueCall>(server_, *context, *id, backend::Delete{}, std::move(answer))->start();
}

grpc::ServerUnaryReactor* AdminService::ExpireNow(grpc::CallbackServerContext* context,
                                                  const v1::ExpireNowRequest* /*request*/,
                                                  v1::ExpireNowResponse* response) {
  if (!hooks_.expire_now) return finish(*context, {grpc::StatusCode::UNIMPLEMENTED, "nothing expires here"});
  const std::lock_guard lock(mutex_);
  if (std::exchange(expiring_, true)) {
    return finish(*context, rpc::to_status({ErrorCode::exhausted, "an expiry run is under way; wait for its end"}));
  }
  if (expiry_.joinable()) expiry_.join();
  auto* reactor = context->DefaultReactor();
  expiry_ = std::thread([this, reactor, response] {
    response->set_messages(hooks_.expire_now());
    {
      const std::lock_guard done(mutex_);
      expiring_ = false;
    }
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

}  // namespace sotto::queue
