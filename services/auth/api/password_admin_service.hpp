// PasswordAdminService: sotto.admin.v1.PasswordAdmin over the domain. Owned by who serves it; what it is given must
// outlive it. Calls come from threads of gRPC and may wait for the store, or for the hardening of a chosen password.
#pragma once

#include <sotto/admin/v1/admin.grpc.pb.h>

#include "libs/base/clock.hpp"
#include "services/auth/api/admin_access.hpp"

namespace sotto::auth {

class PasswordAdminService final : public admin::v1::PasswordAdmin::Service {
 public:
  PasswordAdminService(const AdminAccess& access, PasswordAdmin& passwords, const Clock& clock)
      : access_(access), passwords_(passwords), clock_(clock) {}

  grpc::Status ListPasswords(grpc::ServerContext* context, const admin::v1::ListPasswordsRequest* request,
                             admin::v1::ListPasswordsResponse* response) override;
  grpc::Status CreatePassword(grpc::ServerContext* context, const admin::v1::CreatePasswordRequest* request,
                              admin::v1::CreatePasswordResponse* response) override;
  grpc::Status RotatePassword(grpc::ServerContext* context, const admin::v1::RotatePasswordRequest* request,
                              admin::v1::RotatePasswordResponse* response) override;
  grpc::Status ExpirePassword(grpc::ServerContext* context, const admin::v1::ExpirePasswordRequest* request,
                              admin::v1::ExpirePasswordResponse* response) override;
  grpc::Status RevokePassword(grpc::ServerContext* context, const admin::v1::RevokePasswordRequest* request,
                              admin::v1::RevokePasswordResponse* response) override;

 private:
  [[nodiscard]] std::int64_t now() const { return unix_seconds(clock_.system_now()); }

  const AdminAccess& access_;
  PasswordAdmin& passwords_;
  const Clock& clock_;
};

}  // namespace sotto::auth
