// Secrets in files: passwords and platform keys. Plain functions.
#pragma once

#include <filesystem>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/key_ring.hpp"

namespace sotto::cli {

// A password: the first and only line of the file, without its line end. `configuration`, naming the file, when it
// cannot be read, is empty or has more lines.
Result<SecretString> read_password_file(const std::filesystem::path& file);

// `configuration`, naming the file and what is wrong in it.
Result<crypto::KeyRing> read_platform_keys(const std::filesystem::path& file);

}  // namespace sotto::cli
