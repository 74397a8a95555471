// An address given to a command: as an argument, or as "-" on standard input, so that its password shows in no list of
// processes.
#pragma once

#include <istream>
#include <string>

#include "libs/base/result.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

// invalid_argument when it is not an address; the message never holds the password.
Result<smp::ServerAddress> read_address_argument(const std::string& argument, std::istream& in);

}  // namespace sotto::cli
