#include "services/queue/api/queue_server.hpp"

#include <sotto/queue/v1/queue.grpc.pb.h>

#include <utility>

#include "services/queue/api/admin_service.hpp"
#include "services/queue/api/attach_stream.hpp"
#include "services/queue/api/server_state.hpp"

namespace sotto::queue {
namespace {

class StreamService final : public v1::QueueService::CallbackService {
 public:
  explicit StreamService(std::shared_ptr<ServerState> server) : server_(std::move(server)) {}
  grpc::ServerBidiReactor<v1::GatewayFrame, v1::ServiceFrame>* Attach(grpc::CallbackServerContext* context) override {
    return AttachStream::begin(server_, *context).get();
  }

 private:
  const std::shared_ptr<ServerState> server_;
};

}  // namespace

QueueServer::QueueServer(QueueServerSettings settings, EventBus* bus, const Clock& clock)
    : state_(std::make_shared<ServerState>(std::move(settings), bus, clock)),
      stream_service_(std::make_unique<StreamService>(state_)),
      admin_service_(std::make_unique<AdminService>(clock)) {}

QueueServer::~QueueServer() {
  stop();
}

void QueueServer::serve(backend::QueueBackend& queues, QueueAdminHooks hooks) {
  dynamic_cast<AdminService&>(*admin_service_).serve(queues, std::move(hooks));
  state_->start(queues);
}

std::vector<grpc::Service*> QueueServer::services() {
  return {stream_service_.get(), admin_service_.get()};
}

std::vector<std::string> QueueServer::service_names() {
  return {v1::QueueService::service_full_name(), v1::QueueAdmin::service_full_name()};
}

void QueueServer::deliver(backend::SessionRef session, backend::Event event) {
  state_->deliver(session, std::move(event));
}

void QueueServer::hold() {
  state_->hold();
}

void QueueServer::release() {
  state_->release();
}

void QueueServer::resume(std::function<bool(backend::SessionRef)> concerned) {
  state_->resume(concerned);
}

void QueueServer::drain(std::chrono::milliseconds limit) {
  state_->drain(limit);
}

void QueueServer::stop() {
  dynamic_cast<AdminService&>(*admin_service_).stop();
  state_->stop();
}

const QueueServerCounters& QueueServer::counters() const {
  return state_->counters;
}

}  // namespace sotto::queue
