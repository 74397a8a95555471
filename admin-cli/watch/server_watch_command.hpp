// `sotto server watch`.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Into the group `server` of `parent`, which has to be there.
void add_server_watch_command(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
