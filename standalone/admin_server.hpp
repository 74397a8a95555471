// AdminServer: what `sotto` asks of a standalone server. On a Unix socket: who may open it (mode 0600, in the data
// directory) is an administrator. And over TLS, if the settings say so: who is in the file of identities. Owned by
// Server; all but what gRPC calls from its thread.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/rpc/server.hpp"
#include "services/auth/api/admin_access.hpp"
#include "services/auth/api/admin_identity_file.hpp"
#include "services/auth/api/audit_admin_service.hpp"
#include "services/auth/api/moderation.hpp"
#include "services/auth/api/password_admin_service.hpp"
#include "services/auth/api/policy_admin_service.hpp"
#include "services/auth/settings/admin_config.hpp"
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
  // Listens where `config` says, if anywhere. configuration: a file of it, or one of the addresses, cannot be used.
  static Result<std::unique_ptr<AdminServer>> start(const auth::AdminConfig& config, Parts parts);
  // Besides on this Unix socket. configuration: the path is longer than a socket's may be, or cannot be made.
  Status serve(const std::filesystem::path& socket);
  // What `sotto server status` says is asked here from now on.
  void show(const Health& health) { status_.show(health); }
  // Of TCP, in the order of the settings.
  [[nodiscard]] std::vector<int> ports() const { return listener_ ? listener_->ports() : std::vector<int>(); }
  // Reads the file of identities again.
  void look_now();
  // Lets calls that run finish, for a second.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

 private:
  AdminServer(std::unique_ptr<auth::AdminIdentityFile> identities, Parts& parts);
  Result<std::unique_ptr<rpc::Server>> start_server(const rpc::ServerSettings& settings);
  grpc::Status admit(const grpc::ServerContextBase& context, queue::AdminCall call, const std::string& subject);

  const std::unique_ptr<auth::AdminIdentityFile> identities_;  // null: nobody comes from elsewhere
  const auth::AdminAccess access_;
  auth::PasswordAdminService passwords_;
  auth::PolicyAdminService policy_;
  auth::AuditAdminService audit_;
  auth::Moderation moderation_;
  queue::AdminService queues_;
  StatusService status_;
  // Last: their calls use the others.
  std::unique_ptr<rpc::Server> listener_;
  std::unique_ptr<rpc::Server> socket_;
};

}  // namespace sotto::standalone
