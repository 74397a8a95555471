// Client when the server dies, hangs, or was never there.
#include <atomic>
#include <thread>

#include "libs/redis/client_fixture.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::redis {
namespace {

using namespace std::chrono_literals;
using test::RedisServer;
using test::wait_until;

TEST(RedisClientLoss, ConnectsAgainAfterAKill) {
  RedisServer server({.append_only = true});
  std::atomic<int> lost{0};
  std::atomic<std::uint64_t> generation{0};
  const auto client = connect(server.client_options(), {.on_connected = [&](std::uint64_t now) { generation = now; },
                                                        .on_lost = [&] { ++lost; }});
  EXPECT_EQ(text(*client, Command("SET").key("a").arg("1")), "OK");

  // What waits when it dies fails, and soon.
  server.pause();
  std::atomic<int> failed{0};
  for (int i = 0; i < 100; ++i) {
    client->send(Command("INCR").key("a"), [&](const Result<Reply>& reply) {
      if (!reply && reply.error().code == ErrorCode::connection_failed) ++failed;
    });
  }
  server.kill();
  wait_until("the pending commands to fail", [&] { return failed == 100; });
  wait_until("the loss to be told", [&] { return lost == 1; });
  EXPECT_FALSE(client->connected());
  EXPECT_EQ(client->state().error().code, ErrorCode::connection_failed);
  EXPECT_EQ(text(*client, Command("GET").key("a")), "<unavailable>");

  server.start();
  EXPECT_TRUE(client->wait_connected(soon()));
  EXPECT_EQ(text(*client, Command("GET").key("a")), "1");
  EXPECT_EQ(client->generation(), 2U);
  wait_until("the return to be told", [&] { return generation == 2; });
  EXPECT_EQ(lost, 1);
  EXPECT_EQ(client->counters().lost, 1U);
  EXPECT_EQ(client->counters().connections, 2U);
}

TEST(RedisClientLoss, ManyKillsUnderLoad) {
  RedisServer server;
  const auto client = connect(server.client_options());
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> good{0};
  std::thread load([&] {
    while (!stopping) {
      std::vector<Command> commands(100, Command("INCR").key("n"));
      for (const auto& reply : client->execute(std::move(commands), std::chrono::steady_clock::now() + 5s)) {
        if (reply) ++good;
      }
    }
  });
  for (std::uint64_t round = 1; round <= 3; ++round) {
    const auto before = good.load();
    wait_until("some commands", [&] { return good > before + 100; });
    server.restart();
    wait_until("the connection to be back", [&] { return client->generation() == round + 1 && client->connected(); });
  }
  const auto before = good.load();
  wait_until("some commands", [&] { return good > before + 100; });
  stopping = true;
  load.join();
  EXPECT_EQ(client->waiting(), 0U);
}

TEST(RedisClientLoss, KeepsTheDeadlineWhileTheServerHangs) {
  const RedisServer server;
  const auto client = connect(server.client_options());
  server.pause();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(text(*client, Command("PING"), begin + 200ms), "<timeout>");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 200ms);
  EXPECT_TRUE(client->connected());
  server.resume();
  EXPECT_EQ(text(*client, Command("PING")), "PONG");
  EXPECT_EQ(client->generation(), 1U);
  // Its deadline was over before it could be sent.
  EXPECT_EQ(text(*client, Command("SET").key("late").arg("1"), begin), "<timeout>");
  EXPECT_EQ(text(*client, Command("EXISTS").key("late")), "0");
}

TEST(RedisClientLoss, GivesUpAConnectionThatHangs) {
  const RedisServer server;
  auto options = server.client_options();
  options.command_timeout = 200ms;
  options.connect_timeout = 200ms;
  options.heartbeat = 50ms;
  const auto client = connect(options);
  server.pause();
  // Noticed by PING alone; new connections are accepted by the kernel, and not counted as one.
  wait_until("the loss", [&] { return !client->connected(); });
  EXPECT_EQ(text(*client, Command("PING")), "<unavailable>");
  server.resume();
  EXPECT_TRUE(client->wait_connected(soon()));
  EXPECT_EQ(text(*client, Command("PING")), "PONG");
  EXPECT_EQ(client->generation(), 2U);
}

TEST(RedisClientLoss, ServerThatComesLater) {
  RedisServer server;
  server.kill();
  const auto client = start_client(server.client_options());
  EXPECT_FALSE(client->wait_connected(std::chrono::steady_clock::now() + 100ms));
  EXPECT_EQ(text(*client, Command("PING")), "<unavailable>");
  EXPECT_EQ(client->generation(), 0U);
  server.start();
  EXPECT_TRUE(client->wait_connected(soon()));
  EXPECT_EQ(text(*client, Command("PING")), "PONG");
}

TEST(RedisClientLoss, TriesAllAddresses) {
  RedisServer first;
  RedisServer second;
  auto options = first.client_options();
  options.servers = {{"name.invalid", 1}, first.address(), second.address()};
  const auto client = connect(options);
  second.execute(Command("SET").key("who").arg("second"));
  EXPECT_EQ(text(*client, Command("GET").key("who")), "");
  first.kill();
  wait_until("the other server", [&] { return text(*client, Command("GET").key("who")) == "second"; });
}

TEST(RedisClientLoss, WaitsUntilTheDataIsLoaded) {
  RedisServer server({.append_only = true, .settings = {"key-load-delay 1000"}});
  std::vector<Command> commands;
  const auto client = connect(server.client_options());
  for (int i = 0; i < 300; ++i) commands.push_back(Command("SET").key("k" + std::to_string(i)).arg("v"));
  client->execute(std::move(commands), soon());
  server.restart();
  EXPECT_TRUE(client->wait_connected(soon()));
  EXPECT_EQ(text(*client, Command("GET").key("k299")), "v");
}

}  // namespace
}  // namespace sotto::redis
