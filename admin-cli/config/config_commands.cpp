#include "admin-cli/config/config_commands.hpp"

#include <CLI/CLI.hpp>

namespace sotto::cli {

void add_config_commands(CLI::App& parent, CommandTable& commands) {
  auto* group = parent.add_subcommand("config", "Checks, explains and makes configuration files");
  group->require_subcommand(1);
  group->footer(
      "Examples:\n"
      "  sotto config validate /etc/sotto/sotto.toml\n"
      "  sotto config explain queues.quota");
  auto* validate = group->add_subcommand("validate", "Checks a configuration file and names all that is wrong with it");
  commands.add(*validate, make_validate_command(*validate));
  auto* defaults = group->add_subcommand("defaults", "Prints a configuration file with all defaults, explained");
  commands.add(*defaults, make_defaults_command(*defaults));
  auto* explain = group->add_subcommand("explain", "Says what a setting means");
  commands.add(*explain, make_explain_command(*explain));
  auto* convert = group->add_subcommand("convert-ini", "Makes a configuration file of a smp-server.ini");
  commands.add(*convert, make_convert_ini_command(*convert));
}

}  // namespace sotto::cli
