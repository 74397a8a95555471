// `sotto completion` and `sotto man`: what a shell and man(1) need to know of the commands.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares both on `parent`, the root of the tree, which they read when they run.
void add_shell_commands(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
