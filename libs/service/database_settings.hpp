// DatabaseSettings: the database of a platform and the keys that belong to it, and the rows of a service's table for
// them. A value; const after start.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libs/base/secret.hpp"
#include "libs/config/table.hpp"
#include "libs/postgres/connection.hpp"

namespace sotto::service {

struct DatabaseSettings {
  std::string url;
  std::optional<SecretString> password;
  std::chrono::milliseconds timeout{};  // of a round trip
  // Lines of a platform key file (libs/crypto/key_ring.hpp).
  std::optional<SecretString> platform_key;
};

// The section [database]: url, password, timeout. `late`: what happens to what takes longer, for the help of timeout.
void database_rows(config::Table& table, const std::string& late, DatabaseSettings& settings);
// The row platform_key of the section. `use`: what the keys are for.
void platform_key_row(config::Table& table, const std::string& use, DatabaseSettings& settings);

// As connections want them. `program`: what PostgreSQL shows in pg_stat_activity.
postgres::ConnectOptions connect_options(const DatabaseSettings& settings, const std::string& program);

}  // namespace sotto::service
