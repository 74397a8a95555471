// AdminServer: what administrators are served of a standalone server: auth::AdminServer, and its queues,
// notifications and backups beside that. Owned by Server; all but what gRPC calls from its thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "services/auth/api/admin_server.hpp"
#include "services/auth/api/notification_status_service.hpp"
#include "services/notification/domain/notification_status.hpp"
#include "services/queue/api/admin_service.hpp"
#include "standalone/backup_service.hpp"

namespace sotto::standalone {

class AdminServer {
 public:
  // What is administered. All must outlive the AdminServer.
  struct Parts {
    auth::PasswordAdmin& passwords;
    backend::QueueBackend& queues;
    queue::QueueAdminHooks hooks;  // without `admit`
    std::function<notification::NotificationStatus()> notifications;
    Backups* backups;  // null: there is nothing to make backups of
    const Clock& clock;
  };
  // Listens where `config` says, if anywhere. Errors are those of auth::AdminServer.
  static Result<std::unique_ptr<AdminServer>> start(const auth::AdminConfig& config, Parts parts);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  [[nodiscard]] auth::AdminServer& server() { return *server_; }

 private:
  AdminServer(std::unique_ptr<auth::AdminServer> server, Parts& parts);
  grpc::Status admit(const grpc::ServerContextBase& context, queue::AdminCall call, const std::string& subject);

  const std::unique_ptr<auth::AdminServer> server_;
  queue::AdminService queues_;
  auth::NotificationStatusService notifications_;
  std::optional<BackupService> backups_;
};

}  // namespace sotto::standalone
