// `sotto address show|qr|parse`.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

void add_address_commands(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
