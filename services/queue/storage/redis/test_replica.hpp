// CoordinatingReplica: what one queue service has in Redis, with what it was told; short periods, so that tests wait
// little. Tests only; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/storage/redis/redis_coordination.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::queue {

class CoordinatingReplica {
 public:
  using Options = RedisCoordinationOptions;

  static Options options(redis::Options redis) {
    Options out;
    out.redis = std::move(redis);
    out.watch.period = std::chrono::milliseconds(50);
    out.watch.quiet = std::chrono::milliseconds(100);
    return out;
  }

  enum class Wait : std::uint8_t { ready, no };

  // Waits until it is ready(), unless told not to.
  explicit CoordinatingReplica(redis::Options redis) : CoordinatingReplica(options(std::move(redis))) {}
  explicit CoordinatingReplica(Options options, Wait wait = Wait::ready) {
    auto started = RedisCoordination::start(std::move(options), [this](std::optional<std::uint64_t> gateway) {
      const std::lock_guard lock(mutex_);
      lost_.push_back(gateway);
    });
    if (!started) throw std::runtime_error(started.error().message);
    redis_ = std::move(started).value();
    if (wait == Wait::ready) ready();
  }

  // Until all connections stand and the epochs were seen once.
  void ready() {
    EXPECT_TRUE(redis_->client().wait_connected(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
    test::wait_until("the first look at the epochs", [this] { return redis_->watch().counters().looks > 0; });
  }

  redis::Client& client() { return redis_->client(); }
  RedisDirectory& directory() { return redis_->directory(); }
  RedisEventBus& bus() { return redis_->bus(); }
  const LossWatchCounters& watched() { return redis_->watch().counters(); }
  void stop() { redis_->stop(); }

  // What on_lost was called with since the last call of this.
  std::vector<std::optional<std::uint64_t>> lost() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lost_, {});
  }
  void wait_all_lost() {
    test::wait_until("on_lost for all gateways", [this] {
      for (const auto& gateway : lost()) {
        if (!gateway) return true;
      }
      return false;
    });
  }
  void wait_lost(std::uint64_t gateway) {
    test::wait_until("on_lost for the gateway", [this, gateway] {
      for (const auto& each : lost()) {
        if (each == gateway) return true;
      }
      return false;
    });
  }
  // Some more looks of the watch: what it had to say is said then.
  void wait_looks(std::uint64_t count = 5) {
    const std::uint64_t wanted = watched().looks + count;
    test::wait_until("looks of the watch", [this, wanted] { return watched().looks >= wanted; });
  }

 private:
  std::mutex mutex_;
  std::vector<std::optional<std::uint64_t>> lost_;
  std::unique_ptr<RedisCoordination> redis_;  // last: its threads use the others
};

}  // namespace sotto::queue
