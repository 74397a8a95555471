// Where the auth service is: a list of hosts with ports, one of which is used at a time. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto::gateway {

struct AuthorityTarget {
  std::string target;     // as gRPC wants it: "dns:///auth:7451"
  std::string authority;  // whom the certificate must name; empty: for a Unix socket
  friend bool operator==(const AuthorityTarget&, const AuthorityTarget&) = default;
};

// "auth-0:7451, [::1]:7451, unix:/run/sotto/auth.sock". A name is resolved by gRPC, with each attempt to connect.
// configuration: none, or one that is no host and port.
Result<std::vector<AuthorityTarget>> parse_authority_targets(std::string_view text);

}  // namespace sotto::gateway
