// An address given to a command: as an argument, as "-" on standard input, or in a file; the last two so that its
// password shows in no list of processes.
#pragma once

#include <filesystem>
#include <istream>
#include <string>

#include "libs/base/result.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

// invalid_argument when it is not an address; the message never holds the password.
Result<smp::ServerAddress> read_address_argument(const std::string& argument, std::istream& in);

// The first line of the file; configuration, naming the file, when it cannot be read or is not an address.
Result<smp::ServerAddress> read_address_file(const std::filesystem::path& file);

}  // namespace sotto::cli
