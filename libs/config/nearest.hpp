// The name that somebody probably meant. A pure function; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sotto::config {

// The candidate that takes the fewest inserted, removed, replaced or swapped characters to reach, or an empty text when
// none is near enough to be a slip of the finger (a third of the name).
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace sotto::config
