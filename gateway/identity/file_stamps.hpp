// FileStamps: by what one sees, without reading them, that the files of an identity are not the ones of before: written
// anew, replaced, or reached through a symbolic link that was changed (as Kubernetes does with what it mounts). Values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>

#include "gateway/tls/identity.hpp"

namespace sotto::gateway {

// All zeros: there is no such file, or it cannot be reached.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t file = 0;  // inode
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  std::int64_t changed = 0;   // the same, owner and permissions included
  friend auto operator<=>(const FileStamp&, const FileStamp&) = default;
};

// In the order of kIdentityFiles.
using FileStamps = std::array<FileStamp, kIdentityFiles.size()>;

FileStamps file_stamps(const std::filesystem::path& directory);

}  // namespace sotto::gateway
