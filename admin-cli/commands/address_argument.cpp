#include "admin-cli/commands/address_argument.hpp"

#include "admin-cli/commands/file.hpp"
#include "libs/base/secret.hpp"

namespace sotto::cli {
namespace {

// Wipes the text, which may hold a password.
Result<smp::ServerAddress> parse_and_wipe(std::string& text) {
  auto address = smp::parse_address(trimmed(std::string_view(text).substr(0, text.find('\n'))));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return address;
}

}  // namespace

Result<smp::ServerAddress> read_address_argument(const std::string& argument, std::istream& in) {
  if (argument != "-") return smp::parse_address(argument);
  std::string line;
  std::getline(in, line);
  return parse_and_wipe(line);
}

Result<smp::ServerAddress> read_address_file(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) return text.error();
  auto address = parse_and_wipe(*text);
  if (!address) return Error{ErrorCode::configuration, file.string() + ": " + address.error().message};
  return address;
}

}  // namespace sotto::cli
