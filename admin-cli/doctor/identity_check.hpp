// The check `identity`: the files that clients know the server by. Reads files; no thread rules.
#pragma once

#include <filesystem>

#include "admin-cli/doctor/finding.hpp"
#include "libs/base/clock.hpp"

namespace sotto::cli {

// Whether the files belong together, how long the certificate is valid yet, and who else may read the keys.
Findings check_identity(const std::filesystem::path& directory, SystemTime now);

}  // namespace sotto::cli
