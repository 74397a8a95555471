// `sotto init`: makes the identity and the password of a new server.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

void add_init_command(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
