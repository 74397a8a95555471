// `sotto server test`.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

void add_server_commands(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
