// Histogram: latencies in buckets whose width grows with the value, as in HdrHistogram (of which Debian has no C or C++
// library): every value is known to 1 part in 128, in fixed memory, and recording costs a few instructions. A value;
// one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace sotto::bench {

class Histogram {
 public:
  // Larger values count as this one; max() still says what came.
  static constexpr std::uint64_t kLargest = (std::uint64_t{1} << 33) - 1;  // microseconds: 2.4 hours

  Histogram();
  void record(std::uint64_t microseconds);
  // Negative durations count as 0.
  void record(std::chrono::steady_clock::duration taken);
  void merge(const Histogram& other);
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const;
  // The least value that at least `percent` (0 to 100) of all values do not exceed, at most 1 part in 128 above the
  // true one. 0 when there are none.
  [[nodiscard]] std::uint64_t percentile(double percent) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace sotto::bench
