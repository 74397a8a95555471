#include "gateway/identity/file_stamps.hpp"

namespace sotto::gateway {

FileStamps file_stamps(const std::filesystem::path& directory) {
  FileStamps stamps;
  for (std::size_t i = 0; i < stamps.size(); ++i) stamps.at(i) = runtime::file_stamp(directory / kIdentityFiles.at(i));
  return stamps;
}

}  // namespace sotto::gateway
