#include "bench/measure/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sotto::bench {
namespace {

// Values below 2 * kSteps have a bucket each; above, each power of two is cut into kSteps buckets.
constexpr unsigned kStepBits = 7;
constexpr std::uint64_t kSteps = std::uint64_t{1} << kStepBits;
constexpr unsigned kValueBits = 33;
constexpr std::size_t kBuckets = (kValueBits - kStepBits + 1) * kSteps;

std::size_t bucket_of(std::uint64_t value) {
  if (value < kSteps) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kStepBits - 1;
  return shift * kSteps + (value >> shift);
}

// The largest value of a bucket.
std::uint64_t top_of(std::size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const auto shift = bucket / kSteps - 1;
  const auto step = bucket % kSteps + kSteps;
  return ((step + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets) {}

void Histogram::record(std::uint64_t microseconds) {
  ++buckets_[bucket_of(std::min(microseconds, kLargest))];
  ++count_;
  max_ = std::max(max_, microseconds);
  sum_ += static_cast<double>(microseconds);
}

void Histogram::record(std::chrono::steady_clock::duration taken) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(taken).count();
  record(microseconds < 0 ? 0 : static_cast<std::uint64_t>(microseconds));
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

void Histogram::clear() {
  *this = Histogram();
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  const auto rank = std::clamp<std::uint64_t>(wanted, 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(top_of(i), max_);
  }
  return max_;
}

}  // namespace sotto::bench
