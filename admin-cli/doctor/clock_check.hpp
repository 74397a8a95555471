// The check `clock`: clients refuse certificates, and messages end, by the time of this machine. Any thread.
#pragma once

#include <chrono>

#include "admin-cli/doctor/finding.hpp"
#include "libs/base/clock.hpp"
#include "libs/postgres/connection.hpp"

namespace sotto::cli {

// Whether the kernel says that something keeps the clock right (adjtimex). True when it does not say.
bool clock_is_synchronised();
Finding judge_synchronised(bool synchronised);

// `ahead`: by how much this clock is ahead of that of the database. Pure.
Finding judge_difference(std::chrono::milliseconds ahead);

// Asks the database for its time.
Finding compare_with_database(const postgres::ConnectOptions& database);

}  // namespace sotto::cli
