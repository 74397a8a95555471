// Counters of a Client, for metrics; each only grows. Any thread may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace sotto::redis {

struct Counters {
  std::atomic<std::uint64_t> commands{0};      // given to send() and execute()
  std::atomic<std::uint64_t> failures{0};      // of these, answered with an error
  std::atomic<std::uint64_t> refused{0};       // of these, because too much waited
  std::atomic<std::uint64_t> connections{0};   // made, the first ones included
  std::atomic<std::uint64_t> lost{0};          // connections that were up and ended
  std::atomic<std::uint64_t> moved{0};         // MOVED answers
  std::atomic<std::uint64_t> asked{0};         // ASK answers
  std::atomic<std::uint64_t> retries{0};       // TRYAGAIN, CLUSTERDOWN …
  std::atomic<std::uint64_t> script_loads{0};  // SCRIPT LOADs sent
  std::atomic<std::uint64_t> messages{0};      // received on channels
};

}  // namespace sotto::redis
