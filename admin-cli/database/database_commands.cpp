#include "admin-cli/database/database_commands.hpp"

#include <CLI/CLI.hpp>

namespace sotto::cli {

void add_database_commands(CLI::App& parent, CommandTable& commands) {
  auto* group = parent.add_subcommand("db", "Keeps the database of the platform: schemas and sealed secrets");
  group->require_subcommand(1);
  group->footer(
      "Examples:\n"
      "  export SOTTO_DATABASE_URL=postgresql://sotto@db.example.com/sotto\n"
      "  export SOTTO_DATABASE_PASSWORD_FILE=/run/secrets/database-password\n"
      "  sotto db migrate\n"
      "  sotto db status");
  auto* status = group->add_subcommand("status", "Says which schemas the database has, and how much is in it");
  commands.add(*status, make_status_command(*status));
  auto* migrate = group->add_subcommand("migrate", "Brings the schemas up to what this version of Sotto needs");
  commands.add(*migrate, make_migrate_command(*migrate));
  auto* new_key = group->add_subcommand("new-key", "Makes a platform key, which seals the secrets in the database");
  commands.add(*new_key, make_new_key_command(*new_key));
  auto* rekey = group->add_subcommand("rekey", "Seals the secrets in the database with the current platform key");
  commands.add(*rekey, make_rekey_command(*rekey));
}

}  // namespace sotto::cli
