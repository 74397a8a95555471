// RefusalLimit: which refused calls of people whom nobody knows go into the audit. Each entry is a commit, and whoever
// reaches the server can have one made; beyond a number a minute they are only counted. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "libs/base/clock.hpp"

namespace sotto::auth {

class RefusalLimit {
 public:
  static constexpr std::uint32_t kAMinute = 60;

  // Whether this one is written; and if so, how many before it were not, since the last one that was.
  std::optional<std::uint64_t> admit(SteadyTime now);

 private:
  std::mutex mutex_;
  std::optional<SteadyTime> minute_;  // when the minute began; guarded by mutex_, as the others
  std::uint32_t written_ = 0;         // in it
  std::uint64_t passed_over_ = 0;
};

}  // namespace sotto::auth
