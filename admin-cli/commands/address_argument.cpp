#include "admin-cli/commands/address_argument.hpp"

#include "admin-cli/commands/file.hpp"

namespace sotto::cli {

Result<smp::ServerAddress> read_address_argument(const std::string& argument, std::istream& in) {
  if (argument != "-") return smp::parse_address(argument);
  std::string line;
  std::getline(in, line);
  auto address = smp::parse_address(trimmed(line));
  wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  return address;
}

}  // namespace sotto::cli
