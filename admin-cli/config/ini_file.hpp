// The ini file of the reference server, as sections, keys and values. A pure function; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto::cli {

struct IniValue {
  std::string section;  // "TRANSPORT"
  std::string key;
  std::string value;  // without white space around it
  int line = 0;

  [[nodiscard]] std::string name() const { return section + "." + key; }
};

// Both forms are read, "key = value" and "key: value": whichever sign comes first separates. Lines that begin with # or
// ; are comments. configuration with all problems, one a line, when a line is none of it, stands before the first
// section, or a key is there twice, and when there is no setting at all; no message holds a value.
Result<std::vector<IniValue>> parse_ini(std::string_view text);

}  // namespace sotto::cli
