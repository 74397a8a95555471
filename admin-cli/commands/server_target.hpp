// ServerTarget: the options that say which server is meant, each a way of its own: its address as an argument, in a
// file, or made of the files of its identity. Bound to an App by declare(), which must not outlive it. One thread.
#pragma once

#include <istream>
#include <string>

#include "admin-cli/commands/own_address.hpp"
#include "libs/base/result.hpp"
#include "libs/smp/address.hpp"

namespace CLI {
class Option;
}

namespace sotto::cli {

class ServerTarget {
 public:
  void declare(CLI::App& app);
  // invalid_argument unless the server is named in exactly one way.
  [[nodiscard]] Status check() const;
  // Whether read() takes the address from files, which may change.
  [[nodiscard]] bool in_files() const { return argument_.empty(); }
  // Precondition: check() passed. invalid_argument: the argument is no address; configuration: a file cannot be used.
  // The message never holds the password.
  [[nodiscard]] Result<smp::ServerAddress> read(std::istream& in) const;

 private:
  [[nodiscard]] Result<smp::ServerAddress> read_source(std::istream& in) const;

  std::string argument_;
  std::string address_file_;
  OwnAddress own_;
  CLI::Option* identity_dir_ = nullptr;
  CLI::Option* host_ = nullptr;
  CLI::Option* password_file_ = nullptr;
  CLI::Option* no_password_ = nullptr;
  CLI::Option* port_ = nullptr;
};

}  // namespace sotto::cli
