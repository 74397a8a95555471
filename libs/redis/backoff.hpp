// Backoff: how long to wait before the next attempt. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace sotto::redis {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max) : min_(min), max_(max), ceiling_(min) {}

  // Doubles from call to call, from min to max; a random part between half and all of it.
  std::chrono::milliseconds next() {
    const auto ceiling = ceiling_;
    ceiling_ = std::min(max_, ceiling_ * 2);
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::chrono::milliseconds::rep>(ceiling.count() / 2, ceiling.count())(random_));
  }
  void reset() { ceiling_ = min_; }

 private:
  const std::chrono::milliseconds min_;
  const std::chrono::milliseconds max_;
  std::chrono::milliseconds ceiling_;
  std::minstd_rand random_{std::random_device{}()};  // spreads processes; nothing secret
};

}  // namespace sotto::redis
