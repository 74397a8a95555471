// WebCounters: requests of browsers, by what they got. Incremented by the threads that serve them, read by anybody.
#pragma once

#include <atomic>
#include <cstdint>

namespace sotto::gateway {

struct WebCounters {
  std::atomic<std::uint64_t> shown{0};      // 200
  std::atomic<std::uint64_t> not_found{0};  // 404
  std::atomic<std::uint64_t> refused{0};    // 400, 405, 431
};

}  // namespace sotto::gateway
