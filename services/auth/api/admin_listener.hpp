// How a server for administrators of elsewhere listens. A pure function; any thread.
#pragma once

#include "libs/rpc/server.hpp"
#include "services/auth/settings/admin_config.hpp"

namespace sotto::auth {

// Precondition: the rules of its rows hold, and admin_listen is not empty.
rpc::ServerSettings admin_listener(const AdminConfig& config);

}  // namespace sotto::auth
