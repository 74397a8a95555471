// AdminConfig: where a program serves its admin API to administrators who come from elsewhere, and the rows of its
// table for it. A value; const after start, then any thread may read it.
#pragma once

#include <string>
#include <vector>

#include "libs/config/table.hpp"
#include "libs/runtime/tls_settings.hpp"

namespace sotto::auth {

struct AdminConfig {
  // [admin]
  std::vector<config::Endpoint> admin_listen;  // empty: nowhere
  runtime::TlsSettings admin_tls;
  bool admin_certificate_required = true;  // false: who has none shows a token
  std::string admin_identities;            // path of the file that says who has which role
};

// Rows of the section [admin], which the caller began. Where it is served needs TLS and identities: there is no
// plaintext.
void admin_rows(config::Table& table, AdminConfig& config);

}  // namespace sotto::auth
