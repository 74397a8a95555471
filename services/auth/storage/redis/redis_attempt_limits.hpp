// RedisAttemptLimits: AttemptLimits that the auth services of a platform share. What is limited is decided here and at
// once, from what is known here. A failure is sent to Redis besides, which adds it up with those of others and tells
// all (docs/storage.md, "Redis"):
//
//   a:<source>      expires when the source's bucket will have leaked empty; its value is empty
//   sotto:attempts  the channel: source, and how long until then
//
// A source is a digest of 16 bytes; nothing else of a client is sent. What others saw is known here a moment later;
// what they saw before this process started, with the first failure of the source. While Redis is away, or slower than
// failures come, each process has its own limits, and all of them still hold.
//
// Owned by the process; client and clock must outlive it. Any thread, the client's I/O thread, too; nothing blocks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "libs/backend/attempt_limits.hpp"
#include "libs/redis/client.hpp"

namespace sotto::auth {

struct AttemptCounters {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> unsent{0};  // too many were on their way
  std::atomic<std::uint64_t> lost{0};    // sent, and Redis did not take it
  std::atomic<std::uint64_t> heard{0};   // told by Redis, our own included
};

class RedisAttemptLimits final : public backend::AttemptLimits {
 public:
  RedisAttemptLimits(Options options, const Clock& clock, redis::Client& client);
  ~RedisAttemptLimits() override;

  void failed(const backend::AccessSource& source) override;
  [[nodiscard]] const AttemptCounters& counters() const { return shared_->counters; }

 private:
  // Outlives this as long as answers are awaited.
  struct Shared {
    AttemptCounters counters;
    std::atomic<std::size_t> under_way{0};
  };
  void heard(ByteView message);

  const std::int64_t leak_ms_;
  const std::int64_t full_ms_;
  redis::Client& client_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace sotto::auth
