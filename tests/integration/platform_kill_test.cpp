// Parts of the platform are killed under load: pairs of senders and recipients work through both gateways while one
// process after the other gets SIGKILL and is started again. Ledger says what must hold: every SEND that was answered
// OK is delivered, in order, and nothing comes again after its ACK was answered. 2 rounds, 10 with SOTTO_TEST_LONG=1.
//
// A recipient whose gateway lives never reconnects: deliveries must go on by themselves.
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/load/load_pair.hpp"
#include "tests/support/load/seed.hpp"
#include "tests/support/platform/any_gateway.hpp"
#include "tests/support/platform/platform.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPairs = 4;
constexpr auto kAnswer = 60s;

class PlatformKill : public testing::Test {
 protected:
  // `kill_one` kills something and starts it again.
  void run(Platform& platform, bool gateways_live, const std::function<void(Dice&)>& kill_one) {
    const auto seed = announced_seed();
    Dice dice(seed);
    std::atomic<std::uint64_t> answered{0};
    const std::array gateways{platform.options(0), platform.options(1)};
    constexpr std::array<smp::Version, kPairs> kVersions{20, 18, 9, 6};
    std::deque<LoadPair> pairs;
    for (std::size_t i = 0; i < kPairs; ++i) {
      LoadOptions options;
      options.version = kVersions[i];
      options.seed = seed + i + 1;
      options.errors_are_fine = true;
      options.max_queues = 4;
      const auto beginning_at = [&gateways, version = kVersions[i]](std::size_t first) {
        return [&gateways, version, next = first](client::SyncClient& client) mutable {
          connect_somewhere(gateways, next++, version, client);
        };
      };
      options.connect = beginning_at(i);
      options.connect_sender = beginning_at(i + 1);
      pairs.emplace_back(std::move(options), answered);
    }
    const std::size_t rounds = long_run() ? 10 : 2;
    for (std::size_t round = 0; round < rounds; ++round) {
      progress(answered, dice.between(20, 300));
      kill_one(dice);
    }
    progress(answered, 50);
    for (auto& pair : pairs) pair.finish();
    std::size_t queues = 0;
    for (auto& pair : pairs) {
      pair.join();
      EXPECT_THAT(pair.faults(), testing::IsEmpty());
      if (gateways_live) {
        EXPECT_EQ(pair.recipient_connections(), 1U) << "a subscriber had to reconnect";
      }
      queues += pair.queues();
    }
    std::cout << rounds << " rounds, " << queues << " queues, " << answered << " messages answered\n";
  }

 private:
  static void progress(const std::atomic<std::uint64_t>& answered, std::uint64_t more) {
    const auto target = answered + more;
    wait_until(
        "messages to be answered", [&] { return answered >= target; }, kAnswer);
  }
};

Platform::Options with_quota() {
  Platform::Options options;
  options.queue_flags = {"--quota=10000"};
  return options;
}

TEST_F(PlatformKill, Gateway) {
  Platform platform(with_quota());
  run(platform, false, [&](Dice& dice) {
    auto& gateway = platform.gateway(dice.between(0, 1));
    gateway.kill();
    gateway.start();
  });
}

TEST_F(PlatformKill, QueueService) {
  Platform platform(with_quota());
  run(platform, true, [&](Dice& dice) {
    auto& service = platform.queue_service(dice.between(0, 1));
    service.kill();
    service.start();
  });
}

TEST_F(PlatformKill, RedisWithItsData) {
  auto options = with_quota();
  options.redis_keeps_data = true;
  Platform platform(options);
  run(platform, true, [&](Dice&) { platform.redis().restart(); });
}

TEST_F(PlatformKill, RedisWithoutItsData) {
  Platform platform(with_quota());
  run(platform, true, [&](Dice&) { platform.redis().restart_flushed(); });
}

TEST_F(PlatformKill, Postgres) {
  Platform platform(with_quota());
  run(platform, true, [&](Dice&) {
    platform.postgres().kill();
    platform.postgres().start();
  });
}

}  // namespace
}  // namespace sotto::test
