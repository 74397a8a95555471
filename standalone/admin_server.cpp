#include "standalone/admin_server.hpp"

#include <sys/un.h>

#include <chrono>
#include <string>
#include <system_error>

namespace sotto::standalone {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kGrace{1000};

Error unusable(const fs::path& socket, const std::string& why) {
  return {ErrorCode::configuration, "admin.socket " + socket.string() + " " + why};
}

}  // namespace

AdminServer::AdminServer(auth::PasswordAdmin& passwords, const Clock& clock)
    : access_(auth::local_actor, passwords),
      passwords_(access_, passwords, clock),
      policy_(access_, passwords),
      audit_(access_, passwords) {}

AdminServer::~AdminServer() {
  if (server_) server_->shutdown(kGrace);
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(const fs::path& socket, auth::PasswordAdmin& passwords,
                                                        const Clock& clock) {
  if (socket.string().size() >= sizeof(sockaddr_un::sun_path)) {
    return unusable(socket, "is longer than the path of a socket may be: name a shorter one");
  }
  std::unique_ptr<AdminServer> admin(new AdminServer(passwords, clock));
  auto started = rpc::Server::start({.listen = {"unix:" + fs::absolute(socket).string()}},
                                    {&admin->passwords_, &admin->policy_, &admin->audit_});
  if (!started) return unusable(socket, "cannot be listened on: may the server write in its directory?");
  admin->server_ = *std::move(started);
  std::error_code error;
  fs::permissions(socket, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) return unusable(socket, "cannot be made private: " + error.message());
  admin->server_->set_serving("", true);
  return admin;
}

}  // namespace sotto::standalone
