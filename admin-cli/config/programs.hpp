// The programs of a server or a platform that have settings, and their tables. Pure functions; any thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/config/table.hpp"

namespace sotto::cli {

struct Program {
  std::string_view word;  // of --program: "server"
  std::string_view name;  // "sotto-server"
  // Calls `use` with the table, bound to settings that live as long as the call.
  void (*with_table)(const std::function<void(config::Table&)>& use);
  // What `<name> --check-config` does with this file and these variables ("SOTTO_LOG_LEVEL=info"): warnings, or
  // configuration with all problems (config::problems_of).
  Result<std::vector<std::string>> (*check)(const std::string& file, const std::vector<std::string>& environment);
};

std::span<const Program> programs();
// Precondition: `word` is that of a program.
const Program& program(std::string_view word);
// "server", "gateway", "queue", "auth".
std::vector<std::string> program_words();

}  // namespace sotto::cli
