// sotto: the program for admins of SMP servers. Everything it does is in admin-cli/commands.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "admin-cli/commands/application.hpp"

int main(int argc, char** argv) {
  sotto::cli::Console console{std::cin, std::cout, std::cerr, isatty(STDOUT_FILENO) == 1};
  return sotto::cli::run(std::vector<std::string>(argv + 1, argv + argc), console);
}
