#include "gateway/settings/networks.hpp"

#include "libs/config/value.hpp"

namespace sotto::gateway {

Result<std::vector<dial::AddressPrefix>> networks_of(std::string_view text) {
  std::vector<dial::AddressPrefix> out;
  for (const auto part : config::split_list(text)) {
    auto prefix = dial::AddressPrefix::parse(part);
    if (!prefix) return prefix.error();
    out.push_back(*prefix);
  }
  return out;
}

}  // namespace sotto::gateway
