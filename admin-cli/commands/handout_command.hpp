// `sotto address handout`.
#pragma once

#include <memory>

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares its options on `app`, which must outlive it.
std::unique_ptr<Command> make_handout_command(CLI::App& app);

}  // namespace sotto::cli
