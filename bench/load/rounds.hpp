// What scenarios share whose lanes each send one message after the other. One thread, that of the pool.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/client_pool.hpp"

namespace sotto::bench {

// Shares `messages` out among `lanes`, each of which has run(messages, progress), and returns when all are done.
template <class Lanes>
void run_round(ClientPool& pool, Lanes& lanes, const std::string& what, std::uint64_t messages) {
  Progress progress(what, messages);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i].run(messages / lanes.size() + (i < messages % lanes.size() ? 1 : 0), progress);
  }
  pool.run(progress);
}

}  // namespace sotto::bench
