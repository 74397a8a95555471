// `sotto db`: the schema and the secrets of the platform's database (docs/cli.md). A part of `sotto` of its own, as it
// is the only one that talks to PostgreSQL.
#pragma once

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares the group `db` with all its commands.
void add_database_commands(CLI::App& parent, CommandTable& commands);

// The commands of the group; each declares its options on `app`.
std::unique_ptr<Command> make_status_command(CLI::App& app);
std::unique_ptr<Command> make_migrate_command(CLI::App& app);
std::unique_ptr<Command> make_rekey_command(CLI::App& app);
std::unique_ptr<Command> make_new_key_command(CLI::App& app);

}  // namespace sotto::cli
