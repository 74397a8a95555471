// AdminService: sotto.queue.v1.QueueAdmin over the QueueBackend and the hooks of the QueueServer. Owned by the
// QueueServer. Calls come from threads of gRPC and go on where the backend answers; none blocks.
#pragma once

#include <sotto/queue/v1/queue.grpc.pb.h>

#include <memory>
#include <mutex>
#include <thread>

#include "services/queue/api/queue_server.hpp"
#include "services/queue/api/server_state.hpp"

namespace sotto::queue {

class AdminService final : public v1::QueueAdmin::CallbackService {
 public:
  explicit AdminService(std::shared_ptr<ServerState> server) : server_(std::move(server)) {}
  AdminService(const AdminService&) = delete;
  AdminService& operator=(const AdminService&) = delete;
  // Waits for an expiry run that is under way.
  ~AdminService() override;

  // Before the rpc::Server starts.
  void set_hooks(QueueAdminHooks hooks) { hooks_ = std::move(hooks); }

  grpc::ServerUnaryReactor* GetTotals(grpc::CallbackServerContext* context, const v1::GetTotalsRequest* request,
                                      v1::GetTotalsResponse* response) override;
  grpc::ServerUnaryReactor* GetQueueStatus(grpc::CallbackServerContext* context,
                                           const v1::GetQueueStatusRequest* request,
                                           v1::GetQueueStatusResponse* response) override;
  grpc::ServerUnaryReactor* DeleteQueue(grpc::CallbackServerContext* context, const v1::DeleteQueueRequest* request,
                                        v1::DeleteQueueResponse* response) override;
  grpc::ServerUnaryReactor* ExpireNow(grpc::CallbackServerContext* context, const v1::ExpireNowRequest* request,
                                      v1::ExpireNowResponse* response) override;
  // BlockQueue and UnblockQueue are UNIMPLEMENTED, as CallbackService has them: there is no action for them yet.

 private:
  const std::shared_ptr<ServerState> server_;
  QueueAdminHooks hooks_;

  std::mutex mutex_;
  bool expiring_ = false;
  std::thread expiry_;
};

}  // namespace sotto::queue
