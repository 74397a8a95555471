// AdminService: sotto.queue.v1.QueueAdmin over QueueAdministration and the hooks of the QueueServer. Owned by the
// QueueServer, or of a standalone server. Calls come from threads of gRPC and go on where the backend answers; none
// blocks but in the hook that admits it.
#pragma once

#include <sotto/queue/v1/queue.grpc.pb.h>

#include <mutex>
#include <optional>
#include <thread>

#include "services/queue/api/queue_server.hpp"
#include "services/queue/domain/queue_administration.hpp"

namespace sotto::queue {

class AdminService final : public v1::QueueAdmin::CallbackService {
 public:
  // `clock`: the backend's. It must outlive this.
  explicit AdminService(const Clock& clock) : clock_(clock) {}
  AdminService(const AdminService&) = delete;
  AdminService& operator=(const AdminService&) = delete;
  // Waits for an expiry run that is under way.
  ~AdminService() override;

  // Before the rpc::Server starts.
  void serve(backend::QueueBackend& queues, QueueAdminHooks hooks);
  // The backend is not asked any more; calls are answered UNAVAILABLE.
  void stop();

  grpc::ServerUnaryReactor* GetTotals(grpc::CallbackServerContext* context, const v1::GetTotalsRequest* request,
                                      v1::GetTotalsResponse* response) override;
  grpc::ServerUnaryReactor* GetQueueStatus(grpc::CallbackServerContext* context,
                                           const v1::GetQueueStatusRequest* request,
                                           v1::GetQueueStatusResponse* response) override;
  grpc::ServerUnaryReactor* BlockQueue(grpc::CallbackServerContext* context, const v1::BlockQueueRequest* request,
                                       v1::BlockQueueResponse* response) override;
  grpc::ServerUnaryReactor* UnblockQueue(grpc::CallbackServerContext* context, const v1::UnblockQueueRequest* request,
                                         v1::UnblockQueueResponse* response) override;
  grpc::ServerUnaryReactor* DeleteQueue(grpc::CallbackServerContext* context, const v1::DeleteQueueRequest* request,
                                        v1::DeleteQueueResponse* response) override;
  grpc::ServerUnaryReactor* ExpireNow(grpc::CallbackServerContext* context, const v1::ExpireNowRequest* request,
                                      v1::ExpireNowResponse* response) override;

 private:
  [[nodiscard]] SteadyTime deadline(const grpc::CallbackServerContext& context) const;
  // Begins a call about a queue: `perform` finishes the reactor. An id that is none is answered here.
  template <class Perform>
  grpc::ServerUnaryReactor* with_queue(grpc::CallbackServerContext& context, const common::v1::QueueId& named,
                                       Perform&& perform);
  // The end of a call that is not admitted; a null pointer when it is.
  grpc::ServerUnaryReactor* refused(grpc::CallbackServerContext& context, AdminCall call,
                                    const std::string& subject = {}) const;

  const Clock& clock_;
  std::optional<QueueAdministration> queues_;  // since serve(), before any call
  QueueAdminHooks hooks_;

  std::mutex mutex_;
  bool expiring_ = false;
  std::thread expiry_;
};

}  // namespace sotto::queue
