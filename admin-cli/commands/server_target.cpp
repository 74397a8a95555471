#include "admin-cli/commands/server_target.hpp"

#include <CLI/CLI.hpp>

#include "admin-cli/commands/address_argument.hpp"

namespace sotto::cli {

void ServerTarget::declare(CLI::App& app) {
  app.add_option("ADDRESS", argument_, "smp://…, or - to read it from standard input");
  app.add_option("--address-file", address_file_, "Instead of ADDRESS: a file that holds it");
  own_.declare(app);
  // Its default names a server only where nothing else could be meant.
  identity_dir_ = app.get_option("--identity-dir")
                      ->description("Instead of ADDRESS: directory with ca.crt and fingerprint of the server")
                      ->default_str("");
  host_ = app.get_option("--host");
  password_file_ = app.get_option("--password-file");
  no_password_ = app.get_option("--no-password");
  port_ = app.get_option("--port")->description("Instead of the port of the address");
}

Status ServerTarget::check() const {
  const bool composed = identity_dir_->count() > 0;
  const int ways = (argument_.empty() ? 0 : 1) + (address_file_.empty() ? 0 : 1) + (composed ? 1 : 0);
  if (ways != 1) {
    return Error{ErrorCode::invalid_argument,
                 std::string(ways == 0 ? "which server? " : "the server is named twice: ") +
                     "Give one of ADDRESS (or -), --address-file and --identity-dir"};
  }
  for (const auto* option : {host_, password_file_, no_password_}) {
    if (!composed && option->count() > 0) {
      return Error{ErrorCode::invalid_argument,
                   option->get_name() + " goes with --identity-dir: an address that is given says it itself"};
    }
  }
  return ok_status();
}

Result<smp::ServerAddress> ServerTarget::read_source(std::istream& in) const {
  if (!argument_.empty()) return read_address_argument(argument_, in);
  if (!address_file_.empty()) return read_address_file(address_file_);
  return own_.read();
}

Result<smp::ServerAddress> ServerTarget::read(std::istream& in) const {
  auto address = read_source(in);
  if (address && port_->count() > 0) address->port = port_->as<std::uint16_t>();
  return address;
}

}  // namespace sotto::cli
