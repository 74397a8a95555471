// The check `redis`: whether a service of a platform can rely on its Redis. One thread.
#pragma once

#include <string_view>

#include "admin-cli/doctor/finding.hpp"
#include "libs/redis/options.hpp"

namespace sotto::cli {

// What to say of the answer to INFO. Pure.
Findings judge_info(std::string_view info);

// Changes nothing. Precondition: the options name a server.
Findings check_redis(const redis::Options& options);

}  // namespace sotto::cli
