// Client and channels.
#include <atomic>
#include <mutex>
#include <thread>

#include "libs/redis/client_fixture.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::redis {
namespace {

using namespace std::chrono_literals;
using test::RedisServer;
using test::wait_until;

// What came on channels, and how often a subscription became active.
class Heard {
 public:
  void subscribe(Client& client, const std::string& channel) {
    client.subscribe(
        channel, [this](ByteView message) { add(message); }, [this] { ++active_; });
  }
  [[nodiscard]] std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  [[nodiscard]] int active() const { return active_; }

 private:
  void add(ByteView message) {
    const std::lock_guard lock(mutex_);
    messages_.emplace_back(as_text(message));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
  std::atomic<int> active_{0};
};

TEST(RedisSubscribe, HearsWhatIsPublished) {
  const RedisServer server;
  Heard a;
  Heard b;
  const auto client = connect(server.client_options());
  a.subscribe(*client, "a");
  b.subscribe(*client, std::string("b\0\xff", 3));
  wait_until("the subscriptions", [&] { return a.active() >= 1 && b.active() >= 1; });
  const std::string binary("\0\r\n*3\xff", 6);
  EXPECT_EQ(text(*client, Command("PUBLISH").key("a").arg("one")), "1");
  EXPECT_EQ(text(*client, Command("PUBLISH").key("a").arg(binary)), "1");
  EXPECT_EQ(text(*client, Command("PUBLISH").key(std::string("b\0\xff", 3)).arg("two")), "1");
  EXPECT_EQ(text(*client, Command("PUBLISH").key("c").arg("three")), "0");
  wait_until("the messages", [&] { return a.messages().size() == 2 && b.messages().size() == 1; });
  EXPECT_EQ(a.messages(), (std::vector<std::string>{"one", binary}));
  EXPECT_EQ(b.messages(), (std::vector<std::string>{"two"}));
  EXPECT_EQ(client->counters().messages, 3U);
  // A first subscription is no loss.
  EXPECT_EQ(client->generation(), 1U);
  EXPECT_TRUE(client->connected());
}

TEST(RedisSubscribe, HearsNothingAfterUnsubscribe) {
  const RedisServer server;
  Heard a;
  const auto client = connect(server.client_options());
  a.subscribe(*client, "a");
  wait_until("the subscription", [&] { return a.active() >= 1; });
  client->unsubscribe("a");
  client->unsubscribe("never");
  wait_until("nobody to listen", [&] { return text(*client, Command("PUBLISH").key("a").arg("x")) == "0"; });
  EXPECT_TRUE(a.messages().empty());
  // The connection without subscriptions is watched with another form of PING.
  const auto before = a.active();
  a.subscribe(*client, "a");
  wait_until("the subscription", [&] { return a.active() > before; });
  EXPECT_EQ(text(*client, Command("PUBLISH").key("a").arg("y")), "1");
  wait_until("the message", [&] { return a.messages().size() == 1; });
}

TEST(RedisSubscribe, UnsubscribeWaitsForTheHandler) {
  const RedisServer server;
  const auto client = connect(server.client_options());
  std::atomic<bool> active{false};
  std::atomic<bool> running{false};
  std::atomic<bool> leave{false};
  client->subscribe(
      "a",
      [&](ByteView) {
        running = true;
        while (!leave) std::this_thread::yield();
        running = false;
      },
      [&] { active = true; });
  wait_until("the subscription", [&] { return active.load(); });
  client->send(Command("PUBLISH").key("a").arg("x"));
  client->send(Command("PUBLISH").key("a").arg("y"));
  wait_until("the handler", [&] { return running.load(); });
  std::atomic<bool> returned{false};
  std::thread other([&] {
    client->unsubscribe("a");
    EXPECT_FALSE(running);
    returned = true;
  });
  EXPECT_FALSE(returned);
  leave = true;
  other.join();
  EXPECT_EQ(text(*client, Command("PING")), "PONG");
  EXPECT_FALSE(running);
}

TEST(RedisSubscribe, FromACallback) {
  const RedisServer server;
  std::atomic<int> count{0};
  const auto client = connect(server.client_options());
  std::atomic<bool> second{false};
  client->subscribe(
      "a",
      [&](ByteView) {
        ++count;
        client->unsubscribe("a");
        client->subscribe(
            "b", [&](ByteView) { ++count; }, [&] { second = true; });
      },
      [&] { client->send(Command("PUBLISH").key("a").arg("x")); });
  wait_until("the second subscription", [&] { return second.load(); });
  EXPECT_EQ(text(*client, Command("PUBLISH").key("b").arg("x")), "1");
  wait_until("both messages", [&] { return count == 2; });
}

TEST(RedisSubscribe, ComesBackAfterARestart) {
  RedisServer server;
  Heard a;
  Heard b;
  const auto client = start_client(server.client_options());
  // Before it is connected: part of being connected.
  a.subscribe(*client, "a");
  EXPECT_TRUE(client->wait_connected(soon()));
  b.subscribe(*client, "b");
  wait_until("the subscriptions", [&] { return a.active() >= 1 && b.active() >= 1; });
  server.kill();
  wait_until("the loss", [&] { return !client->connected(); });
  client->unsubscribe("b");
  server.start();
  EXPECT_TRUE(client->wait_connected(soon()));
  // Connected means that the subscriptions stand.
  EXPECT_EQ(client->generation(), 2U);
  EXPECT_GE(a.active(), 2);
  EXPECT_EQ(text(*client, Command("PUBLISH").key("a").arg("x")), "1");
  EXPECT_EQ(text(*client, Command("PUBLISH").key("b").arg("x")), "0");
  wait_until("the message", [&] { return a.messages().size() == 1; });
}

TEST(RedisSubscribe, ALostConnectionOfItsOwnIsALoss) {
  const RedisServer server;
  Heard a;
  const auto client = connect(server.client_options());
  a.subscribe(*client, "a");
  wait_until("the subscription", [&] { return a.active() >= 1; });
  EXPECT_EQ(text(*client, Command("CLIENT").arg("KILL").arg("TYPE").arg("pubsub")), "1");
  wait_until("the subscription to be back", [&] { return client->generation() == 2 && client->connected(); });
  EXPECT_GE(a.active(), 2);
  EXPECT_EQ(client->counters().lost, 1U);
}

TEST(RedisSubscribe, NoticesAConnectionThatHangs) {
  const RedisServer server;
  auto options = server.client_options();
  options.command_timeout = 300ms;
  options.connect_timeout = 300ms;
  options.heartbeat = 50ms;
  Heard a;
  const auto client = connect(options);
  a.subscribe(*client, "a");
  wait_until("the subscription", [&] { return a.active() >= 1; });
  server.pause();
  wait_until("the loss of both connections", [&] { return client->counters().lost == 2; });
  server.resume();
  wait_until("the return", [&] { return client->connected(); });
  EXPECT_GE(a.active(), 2);
}

}  // namespace
}  // namespace sotto::redis
