// A TCP connection to a program of this machine, and one HTTP request over it, each for a few seconds at most.
// Blocking; any thread.
#pragma once

#include <chrono>
#include <string>

#include "libs/base/result.hpp"
#include "libs/config/value.hpp"

namespace sotto::cli {

inline constexpr std::chrono::milliseconds kQuick{3000};

// Where a program that listens there is reached from this machine: 127.0.0.1 for 0.0.0.0, ::1 for ::.
config::Endpoint reached_at(const config::Endpoint& listen);

// Connects and hangs up. connection_failed: nobody listens there, or the machine lacks that kind of address; timeout.
Status try_connect(const config::Endpoint& endpoint, std::chrono::milliseconds limit = kQuick);

struct HttpAnswer {
  int status = 0;
  std::string body;
};
// GET. As above; protocol when what comes back is not HTTP.
Result<HttpAnswer> http_get(const config::Endpoint& endpoint, const std::string& path,
                            std::chrono::milliseconds limit = kQuick);

// Whether this user may listen there now: ok; permission_denied for a port that takes a privilege; conflict when
// somebody does already; connection_failed when this machine has no such address.
Status try_bind(const config::Endpoint& endpoint);

}  // namespace sotto::cli
