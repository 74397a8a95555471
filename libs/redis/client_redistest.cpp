// Client with one server: order, binary safety, scripts, bounds, end.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <thread>

#include <gmock/gmock.h>

#include "libs/redis/client_fixture.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::redis {
namespace {

using namespace std::chrono_literals;
using test::RedisServer;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

TEST(RedisClient, AnswersInTheOrderOfCommands) {
  const RedisServer server;
  const auto client = connect(server.client_options());
  EXPECT_FALSE(client->cluster());
  EXPECT_EQ(client->generation(), 1U);
  std::vector<Command> commands;
  for (int i = 0; i < 5000; ++i) commands.push_back(Command("INCR").key("n"));
  const auto replies = client->execute(std::move(commands), soon());
  ASSERT_EQ(replies.size(), 5000U);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    ASSERT_TRUE(replies[i]) << replies[i].error().message;
    ASSERT_EQ(replies[i]->integer(), static_cast<std::int64_t>(i + 1));
  }
  EXPECT_TRUE(client->execute({}, soon()).empty());
  EXPECT_EQ(client->waiting(), 0U);
  EXPECT_EQ(client->counters().commands, 5000U);
  EXPECT_EQ(client->counters().failures, 0U);
}

// Before the I/O thread has begun: refused or done, and no end of the process.
TEST(RedisClient, MayBeUsedAtOnce) {
  const RedisServer server;
  for (int i = 0; i < 200; ++i) {
    std::atomic<int> answers = 0;
    const auto client = start_client(server.client_options());
    client->send(Command("PING"), [&](const Result<Reply>& reply) {
      EXPECT_TRUE(reply || reply.error().code == ErrorCode::unavailable);
      ++answers;
    });
    client->stop();
    EXPECT_EQ(answers, 1);
  }
}

TEST(RedisClient, AnErrorFailsOnlyItsCommand) {
  const RedisServer server;
  const auto client = connect(server.client_options());
  std::vector<Command> commands;
  commands.push_back(Command("SET").key("a").arg("text"));
  commands.push_back(Command("INCR").key("a"));
  commands.push_back(Command("NOSUCH").arg("argument"));
  commands.push_back(Command("GET").key("a"));
  const auto replies = client->execute(std::move(commands), soon());
  EXPECT_EQ(replies[0]->text(), "OK");
  ASSERT_FALSE(replies[1]);
  EXPECT_EQ(replies[1].error().code, ErrorCode::internal);
  ASSERT_FALSE(replies[2]);
  EXPECT_THAT(replies[2].error().message, Not(HasSubstr("argument")));
  EXPECT_EQ(replies[3]->text(), "text");
  EXPECT_EQ(client->counters().failures, 2U);
}

TEST(RedisClient, IsBinarySafe) {
  const RedisServer server;
  const auto client = connect(server.client_options());
  Bytes all(256 * 400);
  std::iota(all.begin(), all.end(), std::uint8_t{0});
  const auto value = run(*client, Command("ECHO").arg(all));
  ASSERT_TRUE(value);
  EXPECT_TRUE(equal(value->bytes(), all));
  const ByteView key = ByteView(all).first(256);
  EXPECT_EQ(text(*client, Command("SET").key("k:", key).arg(all)), "OK");
  EXPECT_EQ(text(*client, Command("STRLEN").key("k:" + std::string(as_text(key)))), std::to_string(all.size()));
}

TEST(RedisClient, ManyThreadsShareIt) {
  const RedisServer server;
  const auto client = connect(server.client_options());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        std::vector<Command> commands;
        for (int i = 0; i < 20; ++i) commands.push_back(Command("INCR").key("n" + std::to_string(t)));
        const auto replies = client->execute(std::move(commands), soon());
        for (int i = 0; i < 20; ++i) {
          ASSERT_EQ(replies[static_cast<std::size_t>(i)]->integer(), round * 20 + i + 1);
        }
      }
    });
  }
  std::atomic<int> answers{0};
  std::vector<std::int64_t> order;
  for (int i = 0; i < 1000; ++i) {
    client->send(Command("INCR").key("sent"), [&](const Result<Reply>& reply) {
      order.push_back(reply->integer());
      ++answers;
    });
  }
  for (auto& thread : threads) thread.join();
  wait_until("all answers", [&] { return answers == 1000; });
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.back(), 1000);
}

TEST(RedisClient, LoadsScriptsWhereTheyAreMissing) {
  RedisServer server;
  const auto client = connect(server.client_options());
  const Script add("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  const Script fail("return redis.error_reply('STALE the version has changed')");
  const auto many = [&](std::size_t count) {
    std::vector<Command> commands;
    for (std::size_t i = 0; i < count; ++i) commands.push_back(Command(add, 1).key("n").arg(1));
    return client->execute(std::move(commands), soon());
  };
  EXPECT_EQ(many(100).back()->integer(), 100);
  EXPECT_EQ(client->counters().script_loads, 1U);
  EXPECT_EQ(many(100).back()->integer(), 200);
  EXPECT_EQ(client->counters().script_loads, 1U);

  server.execute(Command("SCRIPT").arg("FLUSH"));
  const auto after = many(100);
  for (std::size_t i = 0; i < after.size(); ++i) {
    ASSERT_TRUE(after[i]) << after[i].error().message;
    ASSERT_EQ(after[i]->integer(), static_cast<std::int64_t>(201 + i));
  }
  EXPECT_EQ(client->counters().script_loads, 2U);

  const auto stale = run(*client, Command(fail, 0));
  ASSERT_FALSE(stale);
  EXPECT_THAT(stale.error().message, HasSubstr("STALE"));
  // What is no script stays an error.
  const auto broken = run(*client, Command(Script("this is not Lua"), 0));
  EXPECT_FALSE(broken);

  server.restart();
  wait_until("the connection to be back", [&] { return client->generation() == 2 && client->connected(); });
  EXPECT_EQ(many(10).back()->integer(), 10);
}

TEST(RedisClient, RefusesWhatIsTooMuch) {
  const RedisServer server;
  auto options = server.client_options();
  options.max_waiting_commands = 10;
  options.max_waiting_bytes = 10000;
  const auto client = connect(options);
  std::vector<Command> eleven(11, Command("PING"));
  for (const auto& reply : client->execute(eleven, soon())) {
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
  }
  EXPECT_EQ(text(*client, Command("ECHO").arg(std::string(10000, 'x'))), "<unavailable>");
  EXPECT_EQ(client->counters().refused, 12U);
  eleven.pop_back();
  EXPECT_TRUE(client->execute(eleven, soon()).back());

  // A server that hangs fills the queue; what is over is refused at once, on the calling thread.
  server.pause();
  for (int i = 0; i < 10; ++i) client->send(Command("PING"));
  bool refused = false;
  client->send(Command("PING"), [&](const Result<Reply>& reply) { refused = !reply; });
  EXPECT_TRUE(refused);
  EXPECT_EQ(client->waiting(), 10U);
  server.resume();
  wait_until("the queue to be empty", [&] { return client->waiting() == 0; });
  EXPECT_EQ(text(*client, Command("PING")), "PONG");
}

TEST(RedisClient, StopAnswersWhatWaits) {
  const RedisServer server;
  const auto client = connect(server.client_options());
  server.pause();
  std::atomic<int> unavailable{0};
  for (int i = 0; i < 100; ++i) {
    client->send(Command("PING"), [&](const Result<Reply>& reply) {
      if (!reply && reply.error().code == ErrorCode::unavailable) ++unavailable;
    });
  }
  client->stop();
  EXPECT_EQ(unavailable, 100);
  client->stop();
  EXPECT_EQ(text(*client, Command("PING")), "<unavailable>");
  client->send(Command("PING"), [&](const Result<Reply>& reply) {
    if (!reply) ++unavailable;
  });
  EXPECT_EQ(unavailable, 101);
  EXPECT_FALSE(client->connected());
  EXPECT_EQ(client->waiting(), 0U);
  server.resume();
}

TEST(RedisClient, NeedsAServer) {
  const auto client = Client::start({});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::configuration);
}

}  // namespace
}  // namespace sotto::redis
