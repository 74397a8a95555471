// OwnAddress: the options that say which server's address is meant, and that address from the files of its identity.
// Bound to an App by declare(), which must not outlive it. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin-cli/commands/console.hpp"
#include "admin-cli/commands/identity_files.hpp"
#include "libs/base/result.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

class OwnAddress {
 public:
  void declare(CLI::App& app);
  // The same for an address whose password comes from elsewhere: read() gives it without one.
  void declare_identity(CLI::App& app);
  // With its password unless --no-password was given or there is none.
  [[nodiscard]] Result<smp::ServerAddress> read() const;

 private:
  std::string identity_dir_ = kDefaultIdentityDir;
  std::vector<std::string> hosts_;
  std::uint16_t port_ = 0;
  std::string password_file_;
  bool no_password_ = false;
};

}  // namespace sotto::cli
