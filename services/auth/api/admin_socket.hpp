// The Unix socket on which a server is administered: who can open it (mode 0600) is an administrator. At start only.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/rpc/server.hpp"

namespace sotto::auth {

// Serves. The services must outlive the server. configuration: the path is longer than a socket's may be, or cannot be
// made.
Result<std::unique_ptr<rpc::Server>> start_admin_socket(const std::filesystem::path& socket,
                                                        const std::vector<grpc::Service*>& services);

}  // namespace sotto::auth
