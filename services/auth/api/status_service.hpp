// StatusService: sotto.admin.v1.ServerAdmin of this process: version, since when it runs, and its health. Owned by
// AdminServer; what it is given must outlive it. Any thread.
#pragma once

#include <sotto/admin/v1/admin.grpc.pb.h>

#include <atomic>
#include <string>
#include <utility>

#include "libs/base/clock.hpp"
#include "libs/observability/health.hpp"
#include "services/auth/api/admin_access.hpp"

namespace sotto::auth {

class StatusService final : public admin::v1::ServerAdmin::Service {
 public:
  StatusService(const AdminAccess& access, std::string component, const Clock& clock)
      : access_(access), component_(std::move(component)), started_(unix_seconds(clock.system_now())) {}

  // Before, the server is not ready. `health` must outlive the server that serves this.
  void show(const Health& health) { health_ = &health; }

  grpc::Status GetServerStatus(grpc::ServerContext* context, const admin::v1::GetServerStatusRequest* request,
                               admin::v1::GetServerStatusResponse* response) override;

 private:
  const AdminAccess& access_;
  const std::string component_;
  const std::int64_t started_;
  std::atomic<const Health*> health_{nullptr};
};

}  // namespace sotto::auth
