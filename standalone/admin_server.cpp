#include "standalone/admin_server.hpp"

#include <sys/un.h>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "services/auth/api/admin_caller.hpp"
#include "services/auth/api/admin_listener.hpp"

namespace sotto::standalone {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kGrace{1000};

Error unusable(const fs::path& socket, const std::string& why) {
  return {ErrorCode::configuration, "admin.socket " + socket.string() + " " + why};
}

}  // namespace

AdminServer::AdminServer(std::unique_ptr<auth::AdminIdentityFile> identities, Parts& parts)
    : identities_(std::move(identities)),
      access_(
          [this](const grpc::ServerContextBase& context) {
            const auto known = identities_ ? identities_->current() : nullptr;
            return auth::identify_caller(context, known.get());
          },
          parts.passwords),
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
  for (auto* server : {listener_.get(), socket_.get()}) {
    if (server != nullptr) server->shutdown(kGrace);
  }
}

void AdminServer::look_now() {
  if (identities_) identities_->look_now();
}

Result<std::unique_ptr<rpc::Server>> AdminServer::start_server(const rpc::ServerSettings& settings) {
  auto started = rpc::Server::start(settings, {&passwords_, &policy_, &audit_, &queues_, &status_});
  if (started) (*started)->set_serving("", true);
  return started;
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(const auth::AdminConfig& config, Parts parts) {
  std::unique_ptr<auth::AdminIdentityFile> identities;
  if (!config.admin_listen.empty()) {
    auto opened = auth::AdminIdentityFile::open(config.admin_identities);
    if (!opened) return Error{opened.error().code, "admin.identities: " + opened.error().message};
    identities = *std::move(opened);
  }
  std::unique_ptr<AdminServer> admin(new AdminServer(std::move(identities), parts));
  if (config.admin_listen.empty()) return admin;
  auto started = admin->start_server(auth::admin_listener(config));
  if (!started) return Error{started.error().code, "admin.listen: " + started.error().message};
  admin->listener_ = *std::move(started);
  return admin;
}

Status AdminServer::serve(const fs::path& socket) {
  if (socket.string().size() >= sizeof(sockaddr_un::sun_path)) {
    return unusable(socket, "is longer than the path of a socket may be: name a shorter one");
  }
  auto started = start_server({.listen = {"unix:" + fs::absolute(socket).string()}});
  if (!started) return unusable(socket, "cannot be listened on: may the server write in its directory?");
  std::error_code error;
  fs::permissions(socket, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) return unusable(socket, "cannot be made private: " + error.message());
  socket_ = *std::move(started);
  return ok_status();
}

}  // namespace sotto::standalone
