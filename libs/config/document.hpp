// What people read of a Table: --help, docs/configuration.md, the settings in force, configuration files. Pure
// functions; any thread.
#pragma once

#include <span>
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

// A configuration file with every setting, its default and what it means; secrets as comments.
std::string commented_defaults(const Table& table);

struct FileSetting {
  std::string key;      // of a row
  std::string text;     // as a flag would have it; of a secret, the path of the file that holds it
  std::string comment;  // behind it, without #; may be empty
};
// A configuration file with these settings, in the order of the table. Precondition: every key is that of a row and
// every text is one that the row accepts.
std::string settings_file(const Table& table, std::span<const FileSetting> settings);

}  // namespace sotto::config
