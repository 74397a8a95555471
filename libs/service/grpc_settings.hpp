// GrpcSettings: where a service of the platform serves gateways or other services, and the rows of its table for it. A
// value; const after start.
#pragma once

#include <string>
#include <vector>

#include "libs/config/table.hpp"
#include "libs/rpc/server.hpp"
#include "libs/runtime/tls_settings.hpp"

namespace sotto::service {

struct GrpcSettings {
  std::vector<config::Endpoint> listen;
  runtime::TlsSettings tls;  // none: plaintext
  bool plaintext_anywhere = false;
};

// The section [grpc]. `listen`: the address when none is set. `clients`: who is served there.
void grpc_rows(config::Table& table, const std::string& listen, GrpcSettings& settings,
               const std::string& clients = "gateways");

// As the server wants them.
rpc::ServerSettings server_settings(const GrpcSettings& settings);

}  // namespace sotto::service
