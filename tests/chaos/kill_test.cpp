// kill -9 under load: pairs of senders and recipients work in threads of their own while the server is killed and
// started again over the same data; Ledger says what must hold. 3 rounds, 20 with SOTTO_TEST_LONG=1.
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/smp-client/sync_client.hpp"
#include "tests/support/load/load_pair.hpp"
#include "tests/support/load/seed.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPairs = 4;
constexpr auto kAnswer = 60s;  // longest wait for anything that is not killed
constexpr std::string_view kQuota = "--quota=10000";

// Where the server is now. Parties that lost their connection wait for its next start.
class Whereabouts {
 public:
  void publish(client::ConnectOptions options) {
    const std::lock_guard lock(mutex_);
    options_ = std::move(options);
    options_.timeout = kAnswer;
    ++start_;
    changed_.notify_all();
  }

  // Connects once the server was started again, and again when it was killed in between. `known`: the last start that
  // was tried.
  void connect(client::SyncClient& client, smp::Version version, std::uint64_t& known) {
    do {
      auto options = after(known);
      options.versions = {smp::kMinVersion, version};
      client.close();
      if (client.connect(options)) return;
    } while (true);
  }

 private:
  client::ConnectOptions after(std::uint64_t& known) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kAnswer, [&] { return start_ > known; })) {
      throw std::runtime_error("the connection was lost and the server was not killed");
    }
    known = start_;
    return options_;
  }

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  client::ConnectOptions options_;
  std::uint64_t start_ = 0;
};

TEST(Kill, NothingThatWasAnsweredIsLostAndNothingComesTwice) {
  const auto seed = announced_seed();
  Dice dice(seed);
  const std::size_t rounds = long_run() ? 20 : 3;
  ServerProcess server({std::string(kQuota)});
  Whereabouts whereabouts;
  std::atomic<std::uint64_t> answered{0};
  whereabouts.publish(server.options());

  constexpr std::array<smp::Version, kPairs> kVersions{20, 18, 9, 6};
  std::deque<LoadPair> pairs;
  for (std::size_t i = 0; i < kPairs; ++i) {
    LoadOptions options;
    options.version = kVersions[i];
    options.seed = seed + i + 1;
    options.connect = [&whereabouts, version = kVersions[i], known = std::uint64_t{0}](
                          client::SyncClient& client) mutable { whereabouts.connect(client, version, known); };
    pairs.emplace_back(std::move(options), answered);
  }

  for (std::size_t round = 0; round < rounds; ++round) {
    // After so many more answers, wherever everybody else is then.
    const auto target = answered + dice.between(1, 600);
    const auto deadline = std::chrono::steady_clock::now() + kAnswer;
    while (answered < target) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no progress in round " << round;
      std::this_thread::sleep_for(std::chrono::microseconds(dice.between(1, 2000)));  // polls; chance is meant here
    }
    server.kill();
    server.start();
    whereabouts.publish(server.options());
  }
  for (auto& pair : pairs) pair.finish();
  std::size_t queues = 0;
  for (auto& pair : pairs) {
    pair.join();
    EXPECT_THAT(pair.faults(), testing::IsEmpty());
    queues += pair.queues();
  }
  EXPECT_GT(queues, kPairs);
  std::cout << rounds << " rounds, " << queues << " queues, " << answered << " messages answered\n";
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace sotto::test
