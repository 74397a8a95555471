#include "gateway/identity/file_stamps.hpp"

#include <sys/stat.h>

namespace sotto::gateway {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileStamps file_stamps(const std::filesystem::path& directory) {
  FileStamps stamps;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    struct stat status {};
    if (::stat((directory / kIdentityFiles.at(i)).c_str(), &status) != 0) continue;
    stamps.at(i) = {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
                    nanoseconds(status.st_ctim)};
  }
  return stamps;
}

}  // namespace sotto::gateway
