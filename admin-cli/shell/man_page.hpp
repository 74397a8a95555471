// The page sotto(1), made from the command tree. A pure function; any thread.
#pragma once

#include <string>
#include <string_view>

#include "admin-cli/shell/command_tree.hpp"

namespace sotto::cli {

// roff for man(7). `version` as `sotto --version` prints it. Without a date, so that the same program makes the same
// page.
std::string man_page(const CommandNode& root, std::string_view version);

}  // namespace sotto::cli
