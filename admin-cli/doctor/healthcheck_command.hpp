// `sotto healthcheck`.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

void add_healthcheck_command(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
