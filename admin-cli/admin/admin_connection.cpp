#include "admin-cli/admin/admin_connection.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "libs/crypto/random.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/deadline.hpp"

namespace sotto::cli {
namespace {

// Hardening a chosen password takes some 100 ms, and so does a full disk to say so.
constexpr std::chrono::seconds kLimit{15};

std::string default_target() {
  const char* data = std::getenv("SOTTO_DATA_DIR");
  return "unix:" + std::string(data != nullptr && *data != '\0' ? data : "/var/lib/sotto") + "/admin.sock";
}

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_name;
}

}  // namespace

void AdminConnection::declare(CLI::App& app) {
  target_ = default_target();
  app.add_option("--server", target_, "Which server is asked: unix:PATH of its admin.socket")
      ->envname("SOTTO_SERVER")
      ->capture_default_str();
}

Result<std::shared_ptr<grpc::Channel>> AdminConnection::connect() const {
  if (!target_.starts_with("unix:") || target_.size() == 5) {
    return Error{ErrorCode::invalid_argument, "--server is not of the form unix:/path/of/admin.sock"};
  }
  // gRPC takes what follows for a path as it is.
  return rpc::make_channel({.target = target_});
}

void AdminConnection::prepare(grpc::ClientContext& context) {
  rpc::set_timeout(context, kLimit);
  if (const auto name = user_name(); !name.empty()) context.AddMetadata("x-sotto-user", name);
}

Status AdminConnection::result(const grpc::Status& status) const {
  if (status.ok()) return ok_status();
  // Without details it is gRPC's own: nobody has answered.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty()) {
    const auto path = target_.substr(5);
    if (::access(path.c_str(), F_OK) != 0) {
      return Error{ErrorCode::connection_failed,
                   "no server has its socket at " + path + ": is it running? --server names another one"};
    }
    if (::access(path.c_str(), R_OK | W_OK) != 0) {
      return Error{ErrorCode::permission_denied, path + " may not be opened by this user: run as the server's user"};
    }
    return Error{ErrorCode::connection_failed, "the server does not answer at " + path};
  }
  return rpc::to_error(status);
}

std::string new_request_id() {
  std::array<std::uint8_t, 16> bytes{};
  crypto::random_bytes(bytes);
  return {bytes.begin(), bytes.end()};
}

}  // namespace sotto::cli
