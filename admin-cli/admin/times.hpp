// Times as people give and read them, in UTC. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace sotto::cli {

// "2027-01-31" (the beginning of that day), "2027-01-31T12:00:00Z", "90d" or "12h" from `now` on, or "now". Seconds
// since 1970. invalid_argument, which repeats nothing.
Result<std::int64_t> parse_time(std::string_view text, std::int64_t now);

// "2027-01-31T12:00:00Z"; "never" for 0.
std::string format_time(std::int64_t seconds);
// "2027-01-31"; "never" for 0. Days since 1970.
std::string format_day(std::int64_t day);

}  // namespace sotto::cli
