// What a failure most likely means and what to do about it, in plain words: the table of docs/cli.md, "server test".
// Pure functions.
#pragma once

#include <string>

#include "libs/smp-client/failure.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

struct Diagnosis {
  std::string cause;
  std::string remedy;
  int exit_code = 0;
};

// Why there is no connection to `address`.
Diagnosis diagnose(const client::Failure& failure, const smp::ServerAddress& address);
// Why a command failed; `layer` is create, secure, send, receive, acknowledge, delete or notification.
Diagnosis diagnose_command(std::string_view layer, const Error& error, const smp::ServerAddress& address);

}  // namespace sotto::cli
