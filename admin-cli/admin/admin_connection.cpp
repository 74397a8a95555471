#include "admin-cli/admin/admin_connection.hpp"

#include <grpc/support/log.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/file.hpp"
#include "libs/base/bytes.hpp"
#include "libs/config/value.hpp"
#include "libs/crypto/random.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/deadline.hpp"

namespace sotto::cli {
namespace {

constexpr std::size_t kTokenBytes = 32;

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
  app.add_option("--server", target_,
                 "Which server is asked: unix:PATH of its admin.socket, or HOST:PORT of its admin.listen")
      ->envname("SOTTO_SERVER")
      ->capture_default_str();
  const auto add = [&app](const char* name, std::string& target, const char* help, const char* variable) {
    app.add_option(name, target, help)->envname(variable);
  };
  add("--tls-ca", tls_ca_, "Of HOST:PORT: PEM file of who issued the server's certificate", "SOTTO_SERVER_TLS_CA");
  add("--tls-certificate", tls_certificate_, "Of HOST:PORT: PEM file with your certificate",
      "SOTTO_SERVER_TLS_CERTIFICATE");
  add("--tls-key", tls_key_, "Of HOST:PORT: PEM file with the key of --tls-certificate", "SOTTO_SERVER_TLS_KEY");
  add("--tls-name", tls_name_, "Of HOST:PORT: what the server's certificate must be for, if not HOST",
      "SOTTO_SERVER_TLS_NAME");
  add("--token-file", token_file_, "Of HOST:PORT: file with your token, instead of a certificate or besides",
      "SOTTO_SERVER_TOKEN_FILE");
}

Status AdminConnection::check_options() const {
  const auto wrong = [](const char* what) { return Error{ErrorCode::invalid_argument, what}; };
  const auto colon = target_.rfind(':');
  const auto port = colon == std::string::npos ? std::string_view() : std::string_view(target_).substr(colon + 1);
  if (!config::parse_integer(port, {1, 65535}) || colon == 0 || target_.find('/') != std::string::npos) {
    return wrong("--server is neither of the form unix:/path/of/admin.sock nor HOST:PORT");
  }
  if (tls_ca_.empty()) return wrong("HOST:PORT is asked over TLS: --tls-ca says who issued the server's certificate");
  if (tls_certificate_.empty() != tls_key_.empty()) return wrong("--tls-certificate and --tls-key belong together");
  if (tls_certificate_.empty() && token_file_.empty()) {
    return wrong("who asks? Give --tls-certificate with --tls-key, or --token-file");
  }
  return ok_status();
}

Status AdminConnection::read_token() {
  auto text = read_file(token_file_);
  if (!text) return text.error();
  token_ = SecretString(std::string(trimmed(*text)));
  wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  // What is no token is not shown to anybody.
  const auto bytes = from_base64url(token_.expose());
  if (bytes && bytes->size() == kTokenBytes) return ok_status();
  return Error{ErrorCode::configuration,
               token_file_ + ": holds no token; `sotto admin new-token` makes one, of 32 bytes in base64url"};
}

Result<std::shared_ptr<grpc::Channel>> AdminConnection::connect() {
  if (is_socket()) {
    if (target_.size() == 5) return Error{ErrorCode::invalid_argument, "--server unix: names no socket"};
    // gRPC takes what follows for a path as it is.
    return rpc::make_channel({.target = target_});
  }
  if (auto status = check_options(); !status) return status.error();
  // What it says of a failure of TLS, result() says in our words.
  ::gpr_set_log_function([](gpr_log_func_args* /*arguments*/) {});
  if (!token_file_.empty()) {
    if (auto status = read_token(); !status) return status.error();
  }
  return rpc::make_channel(
      {.target = "dns:///" + target_,
       .authority = tls_name_,
       .tls = rpc::TlsFiles{.certificate = tls_certificate_, .key = tls_key_, .authorities = tls_ca_},
       .anonymous = tls_certificate_.empty()});
}

void AdminConnection::prepare(grpc::ClientContext& context, std::chrono::seconds limit) const {
  rpc::set_timeout(context, limit);
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + std::string(token_.expose()));
  if (!is_socket()) return;
  if (const auto name = user_name(); !name.empty()) context.AddMetadata("x-sotto-user", name);
}

Status AdminConnection::result(const grpc::Status& status) const {
  if (status.ok()) return ok_status();
  // Without details it is gRPC's own: nobody has answered.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty()) {
    return is_socket() ? no_socket() : no_connection(status.error_message());
  }
  return rpc::to_error(status);
}

Error AdminConnection::no_socket() const {
  const auto path = target_.substr(5);
  if (::access(path.c_str(), F_OK) != 0) {
    return {ErrorCode::connection_failed,
            "no server has its socket at " + path + ": is it running? --server names another one"};
  }
  if (::access(path.c_str(), R_OK | W_OK) != 0) {
    return {ErrorCode::permission_denied, path + " may not be opened by this user: run as the server's user"};
  }
  return {ErrorCode::connection_failed, "the server does not answer at " + path};
}

// gRPC tells what kind of failure it was in words only.
Error AdminConnection::no_connection(const std::string& reason) const {
  const auto says = [&](const char* words) { return reason.find(words) != std::string::npos; };
  if (says("erification") || says("CERTIFICATE_VERIFY_FAILED") || says("certificate verify failed")) {
    return {ErrorCode::unauthenticated, "the certificate of the server at " + target_ +
                                            " was not issued by --tls-ca, has ended, or is for another name "
                                            "(--tls-name says which it is to be)"};
  }
  // Who serves has seen our certificate only after the handshake was over for us.
  if (says("andshake failed") || says("Socket closed") || says("onnection reset") || says("Broken pipe")) {
    return {ErrorCode::unauthenticated, "the server at " + target_ +
                                            " ended the connection: it wants a certificate that its admin.tls_ca "
                                            "issued (--tls-certificate), or it speaks no TLS"};
  }
  return {ErrorCode::connection_failed, "no server answers at " + target_ + ": is it running, with this admin.listen?"};
}

std::string new_request_id() {
  std::array<std::uint8_t, 16> bytes{};
  crypto::random_bytes(bytes);
  return {bytes.begin(), bytes.end()};
}

}  // namespace sotto::cli
