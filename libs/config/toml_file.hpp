// Reading the TOML file into flat settings. No type of the TOML library leaves toml_file.cpp, and no exception.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto::config {

struct FileValue {
  std::string key;           // dotted: transport.ports
  std::string text;          // as a flag would have it; arrays joined with commas
  std::string origin;        // sotto.toml:12
  bool usable = true;        // false for what no setting can be: dates, fractions, arrays of arrays, tables
  bool empty_table = false;  // a table with nothing in it, under its own name
};

// Whether a table with nothing in it is among the values. Of settings it says nothing.
enum class EmptyTables : std::uint8_t { skip, keep };

// configuration when the file cannot be read or is not TOML; the message names the file and the line.
Result<std::vector<FileValue>> read_toml_file(const std::filesystem::path& path, EmptyTables empty = EmptyTables::skip);

// At most 1 MiB. configuration when it cannot be read; the message names the path and the cause, without a full stop.
Result<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace sotto::config
