// AttemptLimits: who has tried too often of late, by source. Each failed attempt fills the source's bucket, which
// leaks; a full one limits the source. In memory only, bounded, and forgotten as it leaks; what processes of a platform
// tell each other of failures is taken in, too. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "libs/backend/access_policy.hpp"
#include "libs/base/clock.hpp"

namespace sotto::backend {

class AttemptLimits {
 public:
  struct Options {
    std::uint32_t burst = 10;           // failures that fill a bucket
    std::chrono::seconds leak{30};      // in which one of them is forgotten
    std::size_t max_sources = 100'000;  // above, those that failed least lately are forgotten
  };
  // `clock` must outlive it.
  AttemptLimits(Options options, const Clock& clock) : options_(options), clock_(clock) {}
  virtual ~AttemptLimits() = default;
  AttemptLimits(const AttemptLimits&) = delete;
  AttemptLimits& operator=(const AttemptLimits&) = delete;

  // An unknown source is never limited: it may be everybody. Never blocks.
  virtual void failed(const AccessSource& source);
  // Somebody else knows of failures: the source's bucket is at least so full that it takes this long to leak empty.
  void learned(const AccessSource& source, std::chrono::milliseconds until_empty);
  [[nodiscard]] bool limited(const AccessSource& source) const;
  [[nodiscard]] std::size_t sources() const;

 private:
  using Key = std::array<std::uint8_t, 16>;
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  // When the bucket will have leaked empty.
  using Buckets = std::unordered_map<Key, SteadyTime, Hash>;
  [[nodiscard]] SteadyTime full(SteadyTime now) const { return now + (options_.burst - 1) * options_.leak; }
  // With mutex_ held: the source's bucket, which is new and empty when there was none.
  SteadyTime& bucket(const Key& source, SteadyTime now);
  void make_room(SteadyTime now);

  const Options options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  Buckets empty_at_;  // guarded by mutex_
};

}  // namespace sotto::backend
