// ProgramSettings: everything that can be set of sotto-gateway, checked once at start, and where it is read from
// (docs/configuration-gateway.md is made from the same table). A plain value; const after start, then any thread may
// read it.
#pragma once

#include <chrono>
#include <string>

#include "gateway/authority/grpc_access_authority.hpp"
#include "gateway/backend/grpc_queue_backend.hpp"
#include "gateway/settings/gateway_config.hpp"
#include "libs/base/result.hpp"
#include "libs/config/table.hpp"
#include "libs/runtime/process_settings.hpp"
#include "libs/runtime/tls_settings.hpp"

namespace sotto::gateway {

struct ProgramSettings : GatewayConfig, runtime::ProcessSettings {
  // [queue_service]
  std::string queue_targets;       // hosts with ports, separated by commas
  runtime::TlsSettings queue_tls;  // none: plaintext
  std::chrono::milliseconds queue_deadline{};
  std::chrono::milliseconds resume_interval{};  // 0: never
  // [auth_service]
  std::string auth_targets;       // as queue_targets; empty: none, access.password is all there is
  runtime::TlsSettings auth_tls;  // none: plaintext
};

// The table bound to `settings`, which must outlive it.
config::Table program_table(ProgramSettings& settings);

struct LoadedProgram : runtime::LoadedTable {
  ProgramSettings settings;  // meaningful for run and check_config
};

// configuration with all problems, one a line. `environment` as main() finds it in `environ`, ended by a null pointer.
Result<LoadedProgram> load_program(int argc, const char* const* argv, const char* const* environment);

// As the backend wants them.
GrpcBackendSettings backend_settings(const ProgramSettings& settings);
// As the authority wants them. Precondition: there are targets.
GrpcAuthoritySettings authority_settings(const ProgramSettings& settings);

}  // namespace sotto::gateway
