// RedisSettings: the Redis of a platform, and the rows of a service's table for it. A value; const after start.
#pragma once

#include <optional>
#include <string>

#include "libs/base/secret.hpp"
#include "libs/config/table.hpp"
#include "libs/redis/options.hpp"
#include "libs/runtime/tls_settings.hpp"

namespace sotto::service {

struct RedisSettings {
  std::string url;
  std::optional<SecretString> password;
  runtime::TlsSettings tls;
  std::string tls_name;  // what the servers' certificates must be for; empty: their hosts
};

// The section [redis].
void redis_rows(config::Table& table, RedisSettings& settings);

// As the client wants them. Precondition: the rules of the table found nothing.
redis::Options redis_options(const RedisSettings& settings);

}  // namespace sotto::service
