// `sotto cert`: the server certificate under the identity, which is changed again and again while the address stays
// (docs/cli.md).
#pragma once

#include <memory>

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares the group `cert` with all its commands.
void add_certificate_commands(CLI::App& parent, CommandTable& commands);

// The commands of the group; each declares its options on `app`.
std::unique_ptr<Command> make_certificate_status_command(CLI::App& app);
std::unique_ptr<Command> make_rotate_command(CLI::App& app);
std::unique_ptr<Command> make_csr_command(CLI::App& app);
std::unique_ptr<Command> make_sign_command(CLI::App& app);
std::unique_ptr<Command> make_install_command(CLI::App& app);

}  // namespace sotto::cli
