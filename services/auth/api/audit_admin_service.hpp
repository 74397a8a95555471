// AuditAdminService: sotto.admin.v1.AuditAdmin over the domain. Owned by who serves it; what it is given must outlive
// it. Calls come from threads of gRPC and may wait for the store.
#pragma once

#include <sotto/admin/v1/admin.grpc.pb.h>

#include "services/auth/api/admin_access.hpp"

namespace sotto::auth {

class AuditAdminService final : public admin::v1::AuditAdmin::Service {
 public:
  AuditAdminService(const AdminAccess& access, PasswordAdmin& passwords) : access_(access), passwords_(passwords) {}

  grpc::Status ListAudit(grpc::ServerContext* context, const admin::v1::ListAuditRequest* request,
                         admin::v1::ListAuditResponse* response) override;

 private:
  const AdminAccess& access_;
  PasswordAdmin& passwords_;
};

}  // namespace sotto::auth
