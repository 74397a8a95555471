// The command tree of `sotto`: parses the command line and runs what it names (docs/cli.md).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares a group of commands on the root of the tree.
using AddCommands = void (*)(CLI::App& parent, CommandTable& commands);

// `arguments` without the program's name; `more`: groups that other folders bring. Returns the exit code.
int run(const std::vector<std::string>& arguments, Console& console, std::span<const AddCommands> more = {});

}  // namespace sotto::cli
