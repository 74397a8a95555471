#include "admin-cli/commands/own_address.hpp"

#include <filesystem>

#include <CLI/CLI.hpp>

namespace sotto::cli {

namespace fs = std::filesystem;

void OwnAddress::declare(CLI::App& app) {
  declare_identity(app);
  no_password_ = false;
  auto* file =
      app.add_option("--password-file", password_file_, "Where the password is (default: password in --identity-dir)");
  app.add_flag("--no-password", no_password_, "Leave the password out")->excludes(file);
}

void OwnAddress::declare_identity(CLI::App& app) {
  app.add_option("--identity-dir", identity_dir_, "Directory that `sotto init` made")->capture_default_str();
  app.add_option("--host", hosts_, "Instead of the hosts of the identity; again for more")->allow_extra_args(false);
  app.add_option("--port", port_, "Instead of the port of the identity")->check(CLI::Range(1, 65535));
  no_password_ = true;
}

Result<smp::ServerAddress> OwnAddress::read() const {
  auto address = read_address(identity_dir_, hosts_);
  if (!address) return address;
  if (port_ != 0) address->port = port_;
  if (no_password_) return address;
  const auto file = password_file_.empty() ? default_password_file(identity_dir_) : fs::path(password_file_);
  std::error_code error;
  // Only a file that was asked for has to exist: a server may have no password.
  if (password_file_.empty() && !fs::exists(file, error)) return address;
  auto password = read_password(file);
  if (!password) return password.error();
  address->password = *std::move(password);
  return address;
}

}  // namespace sotto::cli
