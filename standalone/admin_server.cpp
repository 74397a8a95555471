#include "standalone/admin_server.hpp"

#include <string>
#include <utility>

#include "services/notification/api/status_message.hpp"

namespace sotto::standalone {

AdminServer::AdminServer(std::unique_ptr<auth::AdminServer> server, Parts& parts)
    : server_(std::move(server)),
      queues_(parts.clock),
      notifications_(server_->moderation(), [status = std::move(parts.notifications)](const auto&, auto& response) {
        notification::to_proto(status(), response);
        return grpc::Status::OK;
      }) {
  parts.hooks.admit = [this](const auto& context, queue::AdminCall call, const std::string& subject) {
    return admit(context, call, subject);
  };
  queues_.serve(parts.queues, std::move(parts.hooks));
  server_->add(queues_);
  server_->add(notifications_);
  if (parts.backups != nullptr) server_->add(backups_.emplace(server_->moderation(), *parts.backups));
}

grpc::Status AdminServer::admit(const grpc::ServerContextBase& context, queue::AdminCall call,
                                const std::string& subject) {
  using Kind = auth::Moderation::Kind;
  auto& moderation = server_->moderation();
  switch (call) {
    case queue::AdminCall::look:
      return moderation.admit(context, Kind::look, "queue.status", subject);
    case queue::AdminCall::block:
      return moderation.admit(context, Kind::limited, "queue.block", subject);
    case queue::AdminCall::unblock:
      return moderation.admit(context, Kind::undo, "queue.unblock", subject);
    case queue::AdminCall::remove:
      return moderation.admit(context, Kind::limited, "queue.delete", subject);
    case queue::AdminCall::expire:
      break;
  }
  return moderation.admit(context, Kind::operate, "queue.expire", subject);
}

AdminServer::~AdminServer() {
  queues_.stop();
  server_->stop();
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(const auth::AdminConfig& config, Parts parts) {
  auto server =
      auth::AdminServer::open(config, {.passwords = parts.passwords, .component = "standalone", .clock = parts.clock});
  if (!server) return server.error();
  std::unique_ptr<AdminServer> admin(new AdminServer(*std::move(server), parts));
  if (auto listening = admin->server_->listen(config); !listening) return listening.error();
  return admin;
}

}  // namespace sotto::standalone
