#include "services/auth/api/admin_server.hpp"

#include <sys/un.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "services/auth/api/admin_caller.hpp"
#include "services/auth/api/admin_listener.hpp"

namespace sotto::auth {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kGrace{1000};

Error unusable(const fs::path& socket, const std::string& why) {
  return {ErrorCode::configuration, "admin.socket " + socket.string() + " " + why};
}

}  // namespace

AdminServer::AdminServer(std::unique_ptr<AdminIdentityFile> identities, const AdminConfig& config, const Parts& parts)
    : identities_(std::move(identities)),
      access_(
          [this](const grpc::ServerContextBase& context) {
            const auto known = identities_ ? identities_->current() : nullptr;
            return identify_caller(context, known.get());
          },
          parts.passwords),
      passwords_(access_, parts.passwords, parts.clock),
      policy_(access_, parts.passwords),
      audit_(access_, parts.passwords),
      status_(access_, parts.component, parts.clock),
      moderation_(access_, parts.passwords, config.admin_daily_limit, parts.clock) {}

Result<std::unique_ptr<AdminServer>> AdminServer::open(const AdminConfig& config, const Parts& parts) {
  std::unique_ptr<AdminIdentityFile> identities;
  if (!config.admin_listen.empty()) {
    auto opened = AdminIdentityFile::open(config.admin_identities);
    if (!opened) return Error{opened.error().code, "admin.identities: " + opened.error().message};
    identities = *std::move(opened);
  }
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(identities), config, parts));
}

AdminServer::~AdminServer() {
  stop();
}

void AdminServer::stop() {
  for (auto* server : {&listener_, &socket_}) {
    if (*server) (*server)->shutdown(kGrace);
    server->reset();
  }
}

void AdminServer::look_now() {
  if (identities_) identities_->look_now();
}

Result<std::unique_ptr<rpc::Server>> AdminServer::start_server(const rpc::ServerSettings& settings) {
  auto started = rpc::Server::start(settings, services_);
  if (started) (*started)->set_serving("", true);
  return started;
}

Status AdminServer::listen(const AdminConfig& config) {
  if (config.admin_listen.empty()) return ok_status();
  auto started = start_server(admin_listener(config));
  if (!started) return Error{started.error().code, "admin.listen: " + started.error().message};
  listener_ = *std::move(started);
  return ok_status();
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

}  // namespace sotto::auth
