// AdminConfig: what administrators may do a day, how long it is remembered, and where those are served who come from
// elsewhere; and the rows of a program's table for it. A value; const after start, then any thread may read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "libs/config/table.hpp"
#include "libs/runtime/tls_settings.hpp"

namespace sotto::auth {

struct AdminConfig {
  // [admin]
  std::uint32_t admin_daily_limit = 0;         // of blocking and of deleting queues; 0: none
  std::chrono::milliseconds audit_keep{};      // 0: for ever
  std::vector<config::Endpoint> admin_listen;  // empty: nowhere
  runtime::TlsSettings admin_tls;
  bool admin_certificate_required = true;  // false: who has none shows a token
  std::string admin_identities;            // path of the file that says who has which role
};

// Rows of the section [admin], which the caller began. Where it is served needs TLS and identities: there is no
// plaintext.
void admin_rows(config::Table& table, AdminConfig& config);

}  // namespace sotto::auth
