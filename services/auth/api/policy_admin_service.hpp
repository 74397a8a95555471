// PolicyAdminService: sotto.admin.v1.PolicyAdmin over the domain. Owned by who serves it; what it is given must outlive
// it. Calls come from threads of gRPC and may wait for the store.
#pragma once

#include <sotto/admin/v1/admin.grpc.pb.h>

#include "services/auth/api/admin_access.hpp"

namespace sotto::auth {

class PolicyAdminService final : public admin::v1::PolicyAdmin::Service {
 public:
  PolicyAdminService(const AdminAccess& access, PasswordAdmin& passwords) : access_(access), passwords_(passwords) {}

  grpc::Status GetPolicy(grpc::ServerContext* context, const admin::v1::GetPolicyRequest* request,
                         admin::v1::GetPolicyResponse* response) override;
  grpc::Status SetPolicy(grpc::ServerContext* context, const admin::v1::SetPolicyRequest* request,
                         admin::v1::SetPolicyResponse* response) override;

 private:
  const AdminAccess& access_;
  PasswordAdmin& passwords_;
};

}  // namespace sotto::auth
