// The check `admin`: whether the running server answers administrators, and who may create queues on it. One thread.
#pragma once

#include "admin-cli/admin/admin_connection.hpp"
#include "admin-cli/doctor/finding.hpp"

namespace sotto::cli {

// `whole_server`: not only the auth service of a platform, which has passwords and policy but says nothing of health.
Findings check_admin(AdminConnection& server, bool whole_server);

}  // namespace sotto::cli
