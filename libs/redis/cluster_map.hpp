// ClusterMap: which server has which slots, as CLUSTER SLOTS says it. Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/redis/options.hpp"
#include "libs/redis/reply.hpp"

namespace sotto::redis {

struct SlotRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // part of the range
  Address master;
};
using ClusterMap = std::vector<SlotRange>;

// `asked`: the server that answered, which does not always know its own address. protocol: not an answer to CLUSTER
// SLOTS.
Result<ClusterMap> parse_cluster_slots(const Reply& reply, const Address& asked);

}  // namespace sotto::redis
