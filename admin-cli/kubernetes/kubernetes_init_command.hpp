// `sotto kubernetes init`.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

void add_kubernetes_commands(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
