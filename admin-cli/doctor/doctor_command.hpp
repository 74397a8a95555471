// `sotto doctor`: what is wrong with the server of this machine, and how to mend it.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares the command on `parent`.
void add_doctor_command(CLI::App& parent, CommandTable& commands);

}  // namespace sotto::cli
