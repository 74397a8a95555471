#include "standalone/admin_server.hpp"

#include <sys/un.h>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

namespace sotto::standalone {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kGrace{1000};

Error unusable(const fs::path& socket, const std::string& why) {
  return {ErrorCode::configuration, "admin.socket " + socket.string() + " " + why};
}

}  // namespace

AdminServer::AdminServer(Parts& parts)
    : access_(auth::local_actor, parts.passwords),
      passwords_(access_, parts.passwords, parts.clock),
      policy_(access_, parts.passwords),
      audit_(access_, parts.passwords),
      moderation_(access_, parts.passwords, parts.daily_limit, parts.clock),
      queues_(parts.clock),
      status_(access_, parts.clock) {
  parts.hooks.admit = [this](const auto& context, queue::AdminCall call, const std::string& subject) {
    return admit(context, call, subject);
  };
  queues_.serve(parts.queues, std::move(parts.hooks));
}

grpc::Status AdminServer::admit(const grpc::ServerContextBase& context, queue::AdminCall call,
                                const std::string& subject) {
  using Kind = auth::Moderation::Kind;
  switch (call) {
    case queue::AdminCall::look:
      return moderation_.admit(context, Kind::look, "queue.status", subject);
    case queue::AdminCall::block:
      return moderation_.admit(context, Kind::limited, "queue.block", subject);
    case queue::AdminCall::unblock:
      return moderation_.admit(context, Kind::undo, "queue.unblock", subject);
    case queue::AdminCall::remove:
      return moderation_.admit(context, Kind::limited, "queue.delete", subject);
    case queue::AdminCall::expire:
      break;
  }
  return moderation_.admit(context, Kind::operate, "queue.expire", subject);
}

AdminServer::~AdminServer() {
  queues_.stop();
  if (server_) server_->shutdown(kGrace);
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(const fs::path& socket, Parts parts) {
  if (socket.string().size() >= sizeof(sockaddr_un::sun_path)) {
    return unusable(socket, "is longer than the path of a socket may be: name a shorter one");
  }
  std::unique_ptr<AdminServer> admin(new AdminServer(parts));
  auto started =
      rpc::Server::start({.listen = {"unix:" + fs::absolute(socket).string()}},
                         {&admin->passwords_, &admin->policy_, &admin->audit_, &admin->queues_, &admin->status_});
  if (!started) return unusable(socket, "cannot be listened on: may the server write in its directory?");
  admin->server_ = *std::move(started);
  std::error_code error;
  fs::permissions(socket, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) return unusable(socket, "cannot be made private: " + error.message());
  admin->server_->set_serving("", true);
  return admin;
}

}  // namespace sotto::standalone
