// FileStamp: by what one sees, without reading it, that a file is not the one of before: written anew, replaced, or
// reached through a symbolic link that was changed (as Kubernetes does with what it mounts). A value; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>

namespace sotto::runtime {

// All zeros: there is no such file, or it cannot be reached.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t file = 0;  // inode
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  std::int64_t changed = 0;   // the same, owner and permissions included
  friend auto operator<=>(const FileStamp&, const FileStamp&) = default;
};

FileStamp file_stamp(const std::filesystem::path& path);

}  // namespace sotto::runtime
