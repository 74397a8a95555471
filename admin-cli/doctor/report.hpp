// What `sotto doctor` says, for people and for programs (docs/cli.md, "sotto doctor"). Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin-cli/doctor/finding.hpp"

namespace sotto::cli {

// A line a finding, the worst of a check first, with its remedy below.
std::string to_text(const std::vector<Check>& checks);
// `program`: "sotto-server".
std::string to_json(std::string_view program, const std::vector<Check>& checks);

// 0, or that of check_failed when a check failed.
int exit_code_of(const std::vector<Check>& checks);

}  // namespace sotto::cli
