// TimeHistogram: how many things took how long, in buckets from 100 microseconds to 15 seconds (apps give up after 10
// to 15). Counted by any threads without a lock, read by metrics.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sotto {

class TimeHistogram {
 public:
  // Upper bounds, in microseconds; what took longer is in one more bucket.
  static constexpr std::array<std::int64_t, 17> kBounds{100,       250,       500,       1'000,      2'500,     5'000,
                                                        10'000,    25'000,    50'000,    100'000,    250'000,   500'000,
                                                        1'000'000, 2'500'000, 5'000'000, 10'000'000, 15'000'000};

  void add(std::chrono::nanoseconds time) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && microseconds > kBounds[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(microseconds > 0 ? static_cast<std::uint64_t>(microseconds) : 0, std::memory_order_relaxed);
  }

  // In bucket `i`, not below it.
  [[nodiscard]] std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t sum_microseconds() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

}  // namespace sotto
