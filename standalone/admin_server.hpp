// AdminServer: what `sotto` asks of a standalone server, on a Unix socket: who may open it (mode 0600, in the data
// directory) is an administrator. Owned by Server; start and stop from its thread.
#pragma once

#include <filesystem>
#include <memory>

#include "libs/base/clock.hpp"
#include "libs/rpc/server.hpp"
#include "services/auth/api/admin_access.hpp"
#include "services/auth/api/audit_admin_service.hpp"
#include "services/auth/api/password_admin_service.hpp"
#include "services/auth/api/policy_admin_service.hpp"

namespace sotto::standalone {

class AdminServer {
 public:
  // configuration: the path is longer than a socket's may be, or cannot be made. What is given must outlive it.
  static Result<std::unique_ptr<AdminServer>> start(const std::filesystem::path& socket, auth::PasswordAdmin& passwords,
                                                    const Clock& clock);
  // Lets calls that run finish, for a second.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

 private:
  AdminServer(auth::PasswordAdmin& passwords, const Clock& clock);

  const auth::AdminAccess access_;
  auth::PasswordAdminService passwords_;
  auth::PolicyAdminService policy_;
  auth::AuditAdminService audit_;
  std::unique_ptr<rpc::Server> server_;  // last: its calls use the others
};

}  // namespace sotto::standalone
