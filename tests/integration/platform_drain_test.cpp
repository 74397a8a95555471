// A gateway is told to stop while a thousand clients are connected to it, some of them busy: what was answered OK is
// delivered, no command is answered with an error, and the clients leave a few at a time, the silent ones first.
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/runtime/file_limit.hpp"
#include "tests/support/load/load_pair.hpp"
#include "tests/support/load/seed.hpp"
#include "tests/support/platform/any_gateway.hpp"
#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kIdle = 1000;
constexpr std::size_t kPairs = 4;
constexpr double kFew = 250;  // of them still connected

TEST(PlatformDrain, OfAThousandConnectionsUnderLoadLosesNothing) {
  runtime::raise_file_limit();
  Platform::Options options;
  options.durable = false;
  options.queue_flags = {"--quota=10000"};
  options.gateway_flags = {"--announce-time=1s", "--close-time=5s"};
  Platform platform(options);
  auto& leaving = platform.gateway(0);
  const std::array gateways{platform.options(0), platform.options(1)};

  std::deque<client::SyncClient> idle(kIdle);
  std::vector<client::QueueHandle> queues;
  for (auto& client : idle) {
    must(client.connect(gateways[0]));
    queues.push_back(must(client.create_queue()));
  }

  const auto seed = announced_seed();
  std::atomic<std::uint64_t> answered{0};
  const auto connect = [&](client::SyncClient& client) { connect_somewhere(gateways, 0, smp::kMaxVersion, client); };
  std::deque<LoadPair> pairs;
  for (std::size_t i = 0; i < kPairs; ++i) {
    LoadOptions load;
    load.seed = seed + i;
    load.max_queues = 4;
    load.connect = connect;
    pairs.emplace_back(std::move(load), answered);
  }
  const auto progress = [&](std::uint64_t more) {
    const auto target = answered + more;
    wait_until(
        "messages to be answered", [&] { return answered >= target; }, 60s);
  };
  progress(200);
  EXPECT_EQ(leaving.metric("smp_connections"), kIdle + 2 * kPairs);

  EXPECT_EQ(leaving.metric("smp_draining"), 0);
  EXPECT_EQ(leaving.metric("smp_drain_deadline_seconds"), 0);

  const auto told = std::chrono::system_clock::now();
  leaving.signal(SIGTERM);
  wait_until("the gateway to be unready", [&] { return leaving.probe("/readyz") == 503; });
  wait_until("the metrics to say so", [&] { return leaving.metric("smp_draining") == 1; });
  // 1 s to be noticed, 5 s for clients, 10 s for what is under way.
  const auto time = leaving.metric("smp_drain_deadline_seconds") - static_cast<double>(unix_seconds(told));
  EXPECT_GE(time, 16);
  EXPECT_LE(time, 16 + 30);
  // Balancers may not have noticed yet: who comes now is served.
  EXPECT_TRUE(platform.connect(0)->ping());

  std::set<double> seen;
  wait_until(
      "silent clients to be sent away",
      [&] {
        const auto now = leaving.metric("smp_connections");
        seen.insert(now);
        return now < kFew;
      },
      60s);
  EXPECT_GE(seen.size(), 5U) << "they were closed together";
  EXPECT_EQ(leaving.metric("smp_connections_closed_total{reason=\"peer_closed\"}"), 1) << "a busy client went first";
  EXPECT_FALSE(client::SyncClient().connect(gateways[0]).ok()) << "nobody new is taken";
  progress(50);
  wait_until(
      "the gateway to end", [&] { return !leaving.running(); }, 60s);
  EXPECT_EQ(leaving.stop(), 0);

  progress(100);
  for (auto& pair : pairs) pair.finish();
  for (auto& pair : pairs) {
    pair.join();
    EXPECT_THAT(pair.faults(), testing::IsEmpty());
    EXPECT_EQ(pair.recipient_connections(), 2U) << "one at each gateway";
  }

  // The silent ones come back, and are found.
  auto& first = idle.front();
  EXPECT_TRUE(first.expect_closed());
  must(first.connect(gateways[1]));
  must(first.subscribe(queues.front()));
  const auto sender = platform.connect(1);
  ASSERT_TRUE(sender->send(queues.front(), "welcome back"));
  EXPECT_EQ(must(first.next_message(queues.front())).text(), "welcome back");
}

}  // namespace
}  // namespace sotto::test
