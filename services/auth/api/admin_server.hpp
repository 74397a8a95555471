// AdminServer: passwords, policy, audit and status of a server, for administrators. On a Unix socket: who may open it
// (mode 0600) is an administrator. And over TLS, if the settings say so: who is in the file of identities. What else a
// program has for administrators is served beside them. Owned by the program; all but what gRPC calls from one thread.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/rpc/server.hpp"
#include "services/auth/api/admin_access.hpp"
#include "services/auth/api/admin_identity_file.hpp"
#include "services/auth/api/audit_admin_service.hpp"
#include "services/auth/api/moderation.hpp"
#include "services/auth/api/password_admin_service.hpp"
#include "services/auth/api/policy_admin_service.hpp"
#include "services/auth/api/status_service.hpp"
#include "services/auth/settings/admin_config.hpp"

namespace sotto::auth {

class AdminServer {
 public:
  // `component`: what the status says it is. What is referred to must outlive the AdminServer.
  struct Parts {
    PasswordAdmin& passwords;
    std::string component;
    const Clock& clock;
  };
  // Serves nobody yet. configuration: the file of identities cannot be used.
  static Result<std::unique_ptr<AdminServer>> open(const AdminConfig& config, const Parts& parts);
  // Lets calls that run finish, for a second.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Served besides; before listen() and serve(). They must outlive the AdminServer, or its stop().
  void add(grpc::Service& service) { services_.push_back(&service); }
  // Listens where the settings say, if anywhere. configuration: an address or a TLS file cannot be used.
  Status listen(const AdminConfig& config);
  // Besides on this Unix socket. configuration: the path is longer than a socket's may be, or cannot be made.
  Status serve(const std::filesystem::path& socket);
  // Serves nobody any more. Again: harmless.
  void stop();

  // Who may do what with queues, for services that are added.
  [[nodiscard]] Moderation& moderation() { return moderation_; }
  // What `sotto server status` says is asked here from now on.
  void show(const Health& health) { status_.show(health); }
  // Of TCP, in the order of the settings.
  [[nodiscard]] std::vector<int> ports() const { return listener_ ? listener_->ports() : std::vector<int>(); }
  // Reads the file of identities again.
  void look_now();

 private:
  AdminServer(std::unique_ptr<AdminIdentityFile> identities, const AdminConfig& config, const Parts& parts);
  Result<std::unique_ptr<rpc::Server>> start_server(const rpc::ServerSettings& settings);

  const std::unique_ptr<AdminIdentityFile> identities_;  // null: nobody comes from elsewhere
  const AdminAccess access_;
  PasswordAdminService passwords_;
  PolicyAdminService policy_;
  AuditAdminService audit_;
  StatusService status_;
  Moderation moderation_;
  std::vector<grpc::Service*> services_{&passwords_, &policy_, &audit_, &status_};
  // Last: their calls use the others.
  std::unique_ptr<rpc::Server> listener_;
  std::unique_ptr<rpc::Server> socket_;
};

}  // namespace sotto::auth
