// `sotto config …`: configuration files of the programs.
#pragma once

#include <memory>

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares the group on `parent`.
void add_config_commands(CLI::App& parent, CommandTable& commands);

// Each declares its options on `app`, which must outlive the command.
std::unique_ptr<Command> make_validate_command(CLI::App& app);
std::unique_ptr<Command> make_defaults_command(CLI::App& app);
std::unique_ptr<Command> make_explain_command(CLI::App& app);
std::unique_ptr<Command> make_convert_ini_command(CLI::App& app);

}  // namespace sotto::cli
