#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

int report(const Error& error, Console& console) {
  console.err << "sotto: " << error.message << '\n';
  return error_row(error.code).exit_code;
}

Command* CommandTable::find(const CLI::App& app) const {
  for (const auto& row : rows_) {
    if (row.app == &app) return row.command.get();
  }
  return nullptr;
}

}  // namespace sotto::cli
