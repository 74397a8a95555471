// From the settings of the reference server (smp-server.ini) to those of sotto-server. A pure function; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin-cli/config/ini_file.hpp"
#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/config/document.hpp"

namespace sotto::cli {

struct ConvertedIni {
  std::vector<config::FileSetting> settings;  // each one accepted by the table of sotto-server
  std::optional<SecretString> password;       // that creating queues needs; in no setting
  std::vector<std::string> notes;             // what has no equivalent, and why; without values, which may be secret
};

// Only what the file sets is set. configuration with all problems, one a line.
Result<ConvertedIni> convert_ini(std::vector<IniValue> values);

}  // namespace sotto::cli
