// Apart from the rest of GrpcQueueBackend: who only checks settings does not link what works with them.
#include "gateway/backend/grpc_queue_backend.hpp"
#include "libs/rpc/replica_names.hpp"

namespace sotto::gateway {

Status GrpcQueueBackend::check(const GrpcBackendSettings& settings) {
  if (auto names = rpc::parse_replicas(settings.replicas); !names) return names.error();
  return settings.tls ? rpc::check(*settings.tls) : ok_status();
}

}  // namespace sotto::gateway
