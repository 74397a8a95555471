// Connections spread over all ways into a target. One thread, that of the pool.
#pragma once

#include <vector>

#include "bench/load/client_pool.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

// Opens `count` more connections, as many by each way. The way of each.
inline std::vector<std::size_t> connect_evenly(ClientPool& pool, const Target& target, smp::Version version,
                                               std::size_t count) {
  const auto ways = target.ways();
  std::vector<std::size_t> taken;
  for (std::size_t way = 0; way < ways; ++way) {
    const auto share = count * (way + 1) / ways - count * way / ways;
    if (share > 0) pool.connect(target.options(way, version), share);
    taken.insert(taken.end(), share, way);
  }
  return taken;
}

}  // namespace sotto::bench
