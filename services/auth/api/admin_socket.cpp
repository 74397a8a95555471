#include "services/auth/api/admin_socket.hpp"

#include <sys/un.h>

#include <string>
#include <system_error>

namespace sotto::auth {
namespace {

namespace fs = std::filesystem;

Error unusable(const fs::path& socket, const std::string& why) {
  return {ErrorCode::configuration, "admin.socket " + socket.string() + " " + why};
}

}  // namespace

Result<std::unique_ptr<rpc::Server>> start_admin_socket(const fs::path& socket,
                                                        const std::vector<grpc::Service*>& services) {
  if (socket.string().size() >= sizeof(sockaddr_un::sun_path)) {
    return unusable(socket, "is longer than the path of a socket may be: name a shorter one");
  }
  auto server = rpc::Server::start({.listen = {"unix:" + fs::absolute(socket).string()}}, services);
  if (!server) return unusable(socket, "cannot be listened on: may the server write in its directory?");
  std::error_code error;
  fs::permissions(socket, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) return unusable(socket, "cannot be made private: " + error.message());
  (*server)->set_serving("", true);
  return server;
}

}  // namespace sotto::auth
