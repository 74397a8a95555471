// sotto: the program for admins of SMP servers. What it does is in admin-cli/commands, in admin-cli/certificate what
// keeps the server certificate, in admin-cli/config what knows the settings of the programs, in admin-cli/database what
// needs the database, in admin-cli/doctor what looks at a whole server, in admin-cli/watch what looks at one for ever,
// in admin-cli/kubernetes what makes Secrets, and in admin-cli/shell what shells and man(1) are told of it.
#include <unistd.h>

#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/certificate/certificate_commands.hpp"
#include "admin-cli/commands/application.hpp"
#include "admin-cli/config/config_commands.hpp"
#include "admin-cli/database/database_commands.hpp"
#include "admin-cli/doctor/doctor_command.hpp"
#include "admin-cli/doctor/healthcheck_command.hpp"
#include "admin-cli/kubernetes/kubernetes_init_command.hpp"
#include "admin-cli/shell/shell_commands.hpp"
#include "admin-cli/watch/server_watch_command.hpp"

int main(int argc, char** argv) {
  sotto::cli::Console console{std::cin, std::cout, std::cerr, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1};
  const std::array groups{
      &sotto::cli::add_admin_commands,      &sotto::cli::add_certificate_commands, &sotto::cli::add_config_commands,
      &sotto::cli::add_database_commands,   &sotto::cli::add_doctor_command,       &sotto::cli::add_healthcheck_command,
      &sotto::cli::add_kubernetes_commands, &sotto::cli::add_server_watch_command, &sotto::cli::add_shell_commands};
  return sotto::cli::run(std::vector<std::string>(argv + 1, argv + argc), console, groups);
}
