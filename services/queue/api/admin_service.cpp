#include "services/queue/api/admin_service.hpp"

#include <utility>

#include "libs/contract/values.hpp"
#include "libs/rpc/deadline.hpp"
#include "libs/rpc/status.hpp"

namespace sotto::queue {
namespace {

// For callers without a deadline.
constexpr std::chrono::seconds kMostTime{30};

grpc::ServerUnaryReactor* finish(grpc::CallbackServerContext& context, const grpc::Status& status) {
  auto* reactor = context.DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// Finishes the call, whose context made the reactor.
void finish(grpc::ServerUnaryReactor& reactor, const Status& done) {
  if (done) return reactor.Finish(grpc::Status::OK);
  // Tried again by the caller, this may succeed: gRPC's word for it is another one than for ids that are taken.
  if (done.error().code == ErrorCode::conflict) {
    return reactor.Finish({grpc::StatusCode::ABORTED, done.error().message});
  }
  reactor.Finish(rpc::to_status(done.error()));
}

void describe(const QueueView& view, v1::GetQueueStatusResponse& out) {
  const auto& record = *view.record;
  out.set_mode(contract::to_proto(record.mode));
  out.set_status(contract::to_proto(record.status));
  if (record.status == backend::QueueStatus::blocked) {
    contract::to_proto(record.blocking, *out.mutable_blocking());
  }
  out.set_secured(record.sender_key.has_value());
  out.set_has_notifier(record.notifier.has_value());
  out.set_has_link(record.link_id.has_value());
  if (view.messages) out.set_messages(*view.messages);
  if (view.subscribed) out.set_subscribed(*view.subscribed);
}

grpc::Status invalid(const Error& error) {
  return rpc::to_status({ErrorCode::invalid_argument, error.message});
}

}  // namespace

AdminService::~AdminService() {
  if (expiry_.joinable()) expiry_.join();
}

void AdminService::serve(backend::QueueBackend& queues, QueueAdminHooks hooks) {
  queues_.emplace(queues);
  hooks_ = std::move(hooks);
}

void AdminService::stop() {
  if (queues_) queues_->stop();
}

grpc::ServerUnaryReactor* AdminService::GetTotals(grpc::CallbackServerContext* context,
                                                  const v1::GetTotalsRequest* /*request*/,
                                                  v1::GetTotalsResponse* response) {
  if (auto* end = refused(*context, AdminCall::look)) return end;
  if (!hooks_.totals) return finish(*context, {grpc::StatusCode::UNIMPLEMENTED, "totals are not counted here"});
  const StoreTotals totals = hooks_.totals();
  response->set_queues(totals.queues);
  response->set_messages(totals.messages);
  return finish(*context, grpc::Status::OK);
}

grpc::ServerUnaryReactor* AdminService::refused(grpc::CallbackServerContext& context, AdminCall call,
                                                const std::string& subject) const {
  if (!hooks_.admit) return nullptr;
  const auto status = hooks_.admit(context, call, subject);
  return status.ok() ? nullptr : finish(context, status);
}

SteadyTime AdminService::deadline(const grpc::CallbackServerContext& context) const {
  return clock_.steady_now() + rpc::time_left(context, kMostTime);
}

template <class Perform>
grpc::ServerUnaryReactor* AdminService::with_queue(grpc::CallbackServerContext& context,
                                                   const common::v1::QueueId& named, Perform&& perform) {
  const auto id = contract::from_proto(named);
  if (!id) return finish(context, invalid(id.error()));
  auto* reactor = context.DefaultReactor();
  perform(QueueName{.role = id->role, .id = id->id}, *reactor);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::GetQueueStatus(grpc::CallbackServerContext* context,
                                                       const v1::GetQueueStatusRequest* request,
                                                       v1::GetQueueStatusResponse* response) {
  if (auto* end = refused(*context, AdminCall::look)) return end;
  return with_queue(*context, request->id(), [&](const QueueName& queue, grpc::ServerUnaryReactor& reactor) {
    queues_->view(queue, deadline(*context), [response, &reactor](const Result<QueueView>& view) {
      if (!view) return finish(reactor, view.error());
      describe(*view, *response);
      finish(reactor, ok_status());
    });
  });
}

grpc::ServerUnaryReactor* AdminService::BlockQueue(grpc::CallbackServerContext* context,
                                                   const v1::BlockQueueRequest* request,
                                                   v1::BlockQueueResponse* /*response*/) {
  auto blocking = contract::from_proto(request->blocking());
  if (!blocking) return finish(*context, invalid(blocking.error()));
  const auto* reason = blocking->reason == backend::BlockingReason::content ? "content" : "spam";
  if (auto* end = refused(*context, AdminCall::block, reason)) return end;
  return with_queue(*context, request->id(), [&](const QueueName& queue, grpc::ServerUnaryReactor& reactor) {
    queues_->block(queue, *std::move(blocking), deadline(*context),
                   [&reactor](const Status& done) { finish(reactor, done); });
  });
}

grpc::ServerUnaryReactor* AdminService::UnblockQueue(grpc::CallbackServerContext* context,
                                                     const v1::UnblockQueueRequest* request,
                                                     v1::UnblockQueueResponse* /*response*/) {
  if (auto* end = refused(*context, AdminCall::unblock)) return end;
  return with_queue(*context, request->id(), [&](const QueueName& queue, grpc::ServerUnaryReactor& reactor) {
    queues_->unblock(queue, deadline(*context), [&reactor](const Status& done) { finish(reactor, done); });
  });
}

grpc::ServerUnaryReactor* AdminService::DeleteQueue(grpc::CallbackServerContext* context,
                                                    const v1::DeleteQueueRequest* request,
                                                    v1::DeleteQueueResponse* /*response*/) {
  if (auto* end = refused(*context, AdminCall::remove)) return end;
  return with_queue(*context, request->id(), [&](const QueueName& queue, grpc::ServerUnaryReactor& reactor) {
    queues_->remove(queue, deadline(*context), [&reactor](const Status& done) { finish(reactor, done); });
  });
}

grpc::ServerUnaryReactor* AdminService::ExpireNow(grpc::CallbackServerContext* context,
                                                  const v1::ExpireNowRequest* /*request*/,
                                                  v1::ExpireNowResponse* response) {
  if (auto* end = refused(*context, AdminCall::expire)) return end;
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
