// The check `configuration`. Pure function.
#pragma once

#include "admin-cli/doctor/finding.hpp"
#include "admin-cli/doctor/subject.hpp"

namespace sotto::cli {

// Every problem and every warning of the settings.
Findings check_settings(const Subject& subject);

}  // namespace sotto::cli
