// FileStamps: by what one sees, without reading them, that the files of an identity are not the ones of before. Values.
#pragma once

#include <array>
#include <filesystem>

#include "gateway/tls/identity.hpp"
#include "libs/runtime/file_stamp.hpp"

namespace sotto::gateway {

// In the order of kIdentityFiles.
using FileStamps = std::array<runtime::FileStamp, kIdentityFiles.size()>;

FileStamps file_stamps(const std::filesystem::path& directory);

}  // namespace sotto::gateway
