// The version of this build.
#pragma once

#include <string_view>

namespace sotto::runtime {

std::string_view version();

}  // namespace sotto::runtime
