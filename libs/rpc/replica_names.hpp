// Which replicas there are: a list of hosts with ports, and what they resolve to. Pure functions but resolve(), which
// asks the system's resolver and may block for many seconds. Any thread.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto::rpc {

struct ReplicaName {
  std::string host;  // a name or an address, IPv6 without brackets
  std::string port;
  friend auto operator<=>(const ReplicaName&, const ReplicaName&) = default;
};

// One address of a replica.
struct ReplicaAddress {
  std::string target;     // as gRPC wants it: "ipv4:10.0.0.7:7001"
  std::string authority;  // the host that it was resolved from: whom the certificate must name
  friend auto operator<=>(const ReplicaAddress&, const ReplicaAddress&) = default;
};

// "queue-0:7001, [::1]:7002". configuration: none, or one that is not a host and a port.
Result<std::vector<ReplicaName>> parse_replicas(std::string_view text);

// Whether it is an address, which resolves to itself.
bool is_address(const ReplicaName& name);

// All addresses, sorted, each once. connection_failed when the name cannot be resolved now.
Result<std::vector<ReplicaAddress>> resolve(const ReplicaName& name);

}  // namespace sotto::rpc
