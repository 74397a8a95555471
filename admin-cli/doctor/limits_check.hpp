// The check `limits`: what the system grants the server. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "admin-cli/doctor/finding.hpp"

namespace sotto::cli {

struct FileLimit {
  std::uint64_t files = 0;
  bool of_server = false;  // false: of this process, which the server's may differ from
};
// Of this process, as far as it may raise it: servers do at start.
FileLimit own_file_limit();

// Whether so many open files are enough for `max_connections` (0: as many as there can be). Pure.
Finding judge_files(const FileLimit& limit, std::uint64_t max_connections);

struct Space {
  std::uint64_t free = 0;  // bytes, for users other than root
  std::uint64_t total = 0;
};
// Whether that is enough for the data. Pure.
Finding judge_space(const std::string& directory, const Space& space);
// Of the file system where the directory is, or would be made.
Finding check_space(const std::filesystem::path& directory);

}  // namespace sotto::cli
