#include "gateway/backend/grpc_queue_backend.hpp"

#include <utility>

#include "gateway/backend/dispatcher.hpp"
#include "gateway/backend/replicas.hpp"

namespace sotto::gateway {

class GrpcQueueBackend::Impl {
 public:
  Impl(const GrpcBackendSettings& backend_settings, std::uint64_t gateway, backend::EventSink& sink, const Clock& clock)
      : settings(backend_settings),
        dispatcher(settings, gateway, sink, clock, counters),
        replicas(settings, gateway, clock, counters, dispatcher) {}

  const GrpcBackendSettings settings;
  GrpcBackendCounters counters;
  Dispatcher dispatcher;
  Replicas replicas;
};

GrpcQueueBackend::GrpcQueueBackend(const GrpcBackendSettings& settings, std::uint64_t gateway_id,
                                   backend::EventSink& sink, const Clock& clock)
    : impl_(std::make_unique<Impl>(settings, gateway_id, sink, clock)) {}

GrpcQueueBackend::~GrpcQueueBackend() {
  stop();
}

void GrpcQueueBackend::submit_all(std::vector<backend::Batch> batches) {
  impl_->dispatcher.submit_all(std::move(batches));
}

void GrpcQueueBackend::end_session(backend::SessionRef session) {
  impl_->dispatcher.end_session(session);
}

bool GrpcQueueBackend::healthy() const {
  return impl_->counters.streams_up > 0;
}

const GrpcBackendCounters& GrpcQueueBackend::counters() const {
  return impl_->counters;
}

void GrpcQueueBackend::stop() {
  impl_->dispatcher.finish(impl_->settings.stop_timeout);
  impl_->replicas.stop(impl_->settings.stop_timeout);
  impl_->dispatcher.abandon();
}

}  // namespace sotto::gateway
