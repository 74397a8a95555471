// Networks as settings write them. A pure function; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/dial/address_scope.hpp"

namespace sotto::gateway {

// With commas between them; none of an empty text. invalid_argument, with what is wrong with which.
Result<std::vector<dial::AddressPrefix>> networks_of(std::string_view text);

}  // namespace sotto::gateway
