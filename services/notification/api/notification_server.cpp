#include "services/notification/api/notification_server.hpp"

#include <sotto/notification/v1/notification.grpc.pb.h>

#include <utility>

#include "services/notification/api/client_stream.hpp"
#include "services/notification/api/server_state.hpp"
#include "services/notification/api/status_message.hpp"

namespace sotto::notification {

namespace {

// For clients and administrators: the same question.
grpc::ServerUnaryReactor* answer(ServerState& server, grpc::CallbackServerContext& context,
                                 v1::GetStatusResponse& response) {
  to_proto(server.status(), response);
  auto* reactor = context.DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

class StreamService final : public v1::NotificationService::CallbackService {
 public:
  explicit StreamService(std::shared_ptr<ServerState> server) : server_(std::move(server)) {}

  grpc::ServerBidiReactor<v1::ClientFrame, v1::ServiceFrame>* Attach(grpc::CallbackServerContext* context) override {
    return ClientStream::begin(server_, *context).get();
  }
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const v1::GetStatusRequest* /*request*/,
                                      v1::GetStatusResponse* response) override {
    return answer(*server_, *context, *response);
  }

 private:
  const std::shared_ptr<ServerState> server_;
};

class AdminService final : public v1::NotificationAdmin::CallbackService {
 public:
  explicit AdminService(std::shared_ptr<ServerState> server) : server_(std::move(server)) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const v1::GetStatusRequest* /*request*/,
                                      v1::GetStatusResponse* response) override {
    return answer(*server_, *context, *response);
  }

 private:
  const std::shared_ptr<ServerState> server_;
};

}  // namespace

NotificationServer::NotificationServer(NotificationServerSettings settings)
    : state_(std::make_shared<ServerState>(std::move(settings))),
      streams_(std::make_unique<StreamService>(state_)),
      admin_(std::make_unique<AdminService>(state_)) {}

NotificationServer::~NotificationServer() {
  stop();
}

void NotificationServer::serve(backend::NotificationBackend& notifications, NotificationServerHooks hooks) {
  state_->serve(notifications, std::move(hooks));
}

std::vector<grpc::Service*> NotificationServer::services() {
  return {streams_.get(), admin_.get()};
}

std::vector<std::string> NotificationServer::service_names() {
  return {v1::NotificationService::service_full_name(), v1::NotificationAdmin::service_full_name()};
}

void NotificationServer::deliver(backend::SessionRef session, backend::Event event) {
  state_->deliver(session, std::move(event));
}

void NotificationServer::hold() {
  state_->hold();
}

void NotificationServer::release() {
  state_->release();
}

void NotificationServer::resume(std::function<bool(backend::SessionRef)> /*concerned*/) {
  state_->resume();
}

void NotificationServer::forget_lost(std::chrono::milliseconds grace) {
  state_->forget_lost(grace);
}

void NotificationServer::drain(std::chrono::milliseconds limit) {
  state_->drain(limit);
}

void NotificationServer::stop() {
  state_->stop();
}

const NotificationServerCounters& NotificationServer::counters() const {
  return state_->counters;
}

}  // namespace sotto::notification
