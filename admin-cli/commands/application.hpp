// The command tree of `sotto`: parses the command line and runs what it names (docs/cli.md).
#pragma once

#include <string>
#include <vector>

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// `arguments` without the program's name. Returns the exit code.
int run(const std::vector<std::string>& arguments, Console& console);

}  // namespace sotto::cli
