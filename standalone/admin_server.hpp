// AdminServer: what `sotto` asks of a standalone server, on a Unix socket: who may open it (mode 0600, in the data
// directory) is an administrator. Owned by Server; start and stop from its thread.
#pragma once

#include <filesystem>
#include <memory>

#include "libs/base/clock.hpp"
#include "libs/rpc/server.hpp"
#include "services/auth/api/admin_access.hpp"
#include "services/auth/api/audit_admin_service.hpp"
#include "services/auth/api/moderation.hpp"
#include "services/auth/api/password_admin_service.hpp"
#include "services/auth/api/policy_admin_service.hpp"
#include "services/queue/api/admin_service.hpp"
#include "standalone/status_service.hpp"

namespace sotto::standalone {

class AdminServer {
 public:
  // What is administered. All must outlive the AdminServer.
  struct Parts {
    auth::PasswordAdmin& passwords;
    backend::QueueBackend& queues;
    queue::QueueAdminHooks hooks;   // without `admit`
    std::uint32_t daily_limit = 0;  // of blocking and of deleting queues; 0: none
    const Clock& clock;
  };
  // configuration: the path is longer than a socket's may be, or cannot be made.
  static Result<std::unique_ptr<AdminServer>> start(const std::filesystem::path& socket, Parts parts);
  // What `sotto server status` says is asked here from now on.
  void show(const Health& health) { status_.show(health); }
  // Lets calls that run finish, for a second.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

 private:
  explicit AdminServer(Parts& parts);
  grpc::Status admit(const grpc::ServerContextBase& context, queue::AdminCall call, const std::string& subject);

  const auth::AdminAccess access_;
  auth::PasswordAdminService passwords_;
  auth::PolicyAdminService policy_;
  auth::AuditAdminService audit_;
  auth::Moderation moderation_;
  queue::AdminService queues_;
  StatusService status_;
  std::unique_ptr<rpc::Server> server_;  // last: its calls use the others
};

}  // namespace sotto::standalone
