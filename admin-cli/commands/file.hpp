// Small files of an installation: read whole, or made anew with the permissions they need. No thread rules.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace sotto::cli {

// configuration, naming the file, when it cannot be read.
Result<std::string> read_file(const std::filesystem::path& path);

enum class Access { owner, everybody };  // may read; only the owner may write

// Makes a file and stores it durably; conflict when it exists: nothing is ever overwritten here.
Status create_file(const std::filesystem::path& path, std::string_view content, Access access);
// Writes a file, replacing what is there.
Status replace_file(const std::filesystem::path& path, std::string_view content, Access access);

// Makes the directory and its parents; a new directory is the owner's alone (0700).
Status make_directory(const std::filesystem::path& path);

// Without line ends and spaces at the end.
std::string_view trimmed(std::string_view text);

}  // namespace sotto::cli
