// The check `database`: whether a service of a platform can work with its PostgreSQL. One thread.
#pragma once

#include <cstdint>

#include "admin-cli/doctor/finding.hpp"
#include "admin-cli/doctor/subject.hpp"

namespace sotto::cli {

// `used` of `limit` connections that PostgreSQL gives to users other than superusers. Pure.
Finding judge_connections(std::int64_t used, std::int64_t limit);

// Changes nothing.
Findings check_database(const Database& database);

}  // namespace sotto::cli
