// What people read of a Table: --help, docs/configuration.md and the settings in force. Pure functions; any thread.
#pragma once

#include <string>

#include "libs/config/table.hpp"

namespace sotto::config {

// For the terminal, at most 100 columns where words allow.
std::string help_text(const Table& table);

// The page docs/configuration.md, with a line break at its end. A test compares the committed page with it.
std::string markdown(const Table& table);

// After load(): every setting as TOML that could be used as configuration file, and where it came from as a comment. Of
// secrets only whether they are set.
std::string effective_settings(const Table& table);

}  // namespace sotto::config
