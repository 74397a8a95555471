// Too much of everything: silent connections by the thousand, connections that come and go, a client that asks and
// never reads. Those that work go on working.
#include <sys/resource.h>

#include <algorithm>

#include "tests/chaos/hostile_test.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMany = 5000;

class FloodTest : public HostileTest {
 protected:
  // Files of this process: one a connection.
  void SetUp() override {
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_GE(limit.rlim_max, 2 * kMany) << "this test needs a higher limit of open files (ulimit -Hn)";
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

  using Connections = std::vector<std::unique_ptr<client::RawConnection>>;
  Connections connect_many(std::size_t count) {
    Connections all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(connect());
    return all;
  }

  // A client that comes now is served.
  void expect_newcomer_works() {
    auto newcomer = server().connect();
    auto queue = must(newcomer->create_queue());
    must(newcomer->send(queue, "hello"));
    const auto message = must(newcomer->next_message(queue));
    EXPECT_EQ(message.text(), "hello");
    must(newcomer->ack(queue, message));
  }
};

TEST_F(FloodTest, FiveThousandConnectionsThatSayNothing) {
  start();
  const auto silent = connect_many(kMany);
  EXPECT_TRUE(reaches("smp_handshakes", kMany));
  EXPECT_TRUE(neighbour().works());
  expect_newcomer_works();
}

TEST_F(FloodTest, SilentConnectionsAreClosedInTheEnd) {
  start({"--tls-handshake-timeout=1s"});
  const auto silent = connect_many(kMany);
  for (const auto& connection : silent) ASSERT_TRUE(connection->expect_closed(60s));
  expect_closed_for({"tls_handshake_timeout"}, kMany);
  EXPECT_TRUE(neighbour().works());
}

TEST_F(FloodTest, BeyondTheLimitOfHandshakesNewOnesAreClosed) {
  constexpr std::size_t kLimit = 200;
  constexpr std::size_t kThreads = 2;  // each may take one more while the other is counting
  start({"--max-handshakes=" + std::to_string(kLimit), "--io-threads=" + std::to_string(kThreads)});
  auto silent = connect_many(kMany);
  EXPECT_TRUE(reaches(closed_metric("handshake_limit"), kMany - kLimit - kThreads));
  EXPECT_TRUE(neighbour().works());
  EXPECT_GE(metric("smp_handshakes"), kLimit);
  EXPECT_LE(metric("smp_handshakes"), kLimit + kThreads);
  // Some hold their places, all others were told at once.
  const auto held = std::count_if(silent.begin(), silent.end(),
                                  [](const auto& connection) { return !connection->expect_closed(1ms); });
  EXPECT_GE(held, kLimit);
  EXPECT_LE(held, kLimit + kThreads);
  client::SyncClient refused;
  EXPECT_FALSE(refused.connect(server().options()));
  // With room again, new clients come in again.
  silent.clear();
  EXPECT_TRUE(becomes("smp_handshakes", 0));
  expect_newcomer_works();
}

TEST_F(FloodTest, BeyondTheLimitOfConnectionsNewOnesAreClosed) {
  constexpr std::size_t kLimit = 50;  // two of them are the neighbour's
  start({"--max-connections=" + std::to_string(kLimit)});
  std::vector<std::unique_ptr<RawSession>> idle;
  for (std::size_t i = 2; i < kLimit; ++i) idle.push_back(session(20));
  auto refused = connect_many(100);
  for (const auto& connection : refused) EXPECT_TRUE(connection->expect_closed());
  expect_closed_for({"connection_limit"}, 100);
  EXPECT_TRUE(neighbour().works());
  idle.pop_back();
  EXPECT_TRUE(becomes("smp_connections", kLimit - 1));
  expect_newcomer_works();
}

TEST_F(FloodTest, ConnectionsThatComeAndGo) {
  start();
  for (std::size_t i = 0; i < kMany; ++i) {
    auto connection = connect();
    if (dice().one_in(4)) static_cast<void>(connection->write(dice().bytes(dice().between(1, 600))));
    connection->close(dice().one_in(2));
  }
  EXPECT_TRUE(neighbour().works());
  // The last ones may still be waiting to be accepted.
  EXPECT_TRUE(reaches("smp_connections_accepted_total", kMany));
}

TEST_F(FloodTest, AClientThatAsksAndDoesNotRead) {
  start({"--stall-timeout=1s"});
  const auto greedy = session(20);
  const std::vector<Bytes> pings(255, greedy->transmission(nullptr, "1", {}, as_bytes("PING")));
  // Until the kernel's buffers and the server's limit are full, and nothing is read from us any more.
  constexpr std::size_t kTooMany = 20'000;
  std::size_t blocks = 0;
  try {
    while (blocks < kTooMany && closed_because("slow_reader") == 0) {
      for (int i = 0; i < 100; ++i, ++blocks) greedy->send(pings);
    }
  } catch (const std::runtime_error&) {
    // The server closed the connection, or it takes nothing: the metric says which.
  }
  EXPECT_LT(blocks, kTooMany);
  expect_closed_for({"slow_reader"}, 1);
  EXPECT_TRUE(neighbour().works());
  expect_newcomer_works();
}

}  // namespace
}  // namespace sotto::test
