// What the log of a whole busy session says, and what it must never say: no password, id, key, fingerprint or address
// of anybody.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "libs/crypto/random.hpp"
#include "libs/smp-client/raw_connection.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/process/program.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kPassword = "correct-horse-battery";

std::string base64(ByteView bytes) {
  auto text = to_base64url(bytes);
  for (auto& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return text;
}

Bytes some_bytes(std::size_t size) {
  Bytes out(size);
  crypto::random_bytes(out);
  return out;
}

// Everything that clients can do, right and wrong. Returns what nobody may read in a log.
class BusySession {
 public:
  BusySession(const Home& home, std::uint16_t port) : home_(home), port_(port) {
    secret(kPassword);
    secret(home.fingerprint);
    secret(std::string("127.0.0.1"));
    queues();
    refusals();
    garbage();
  }
  [[nodiscard]] const std::set<std::string>& secrets() const { return secrets_; }

 private:
  void secret(std::string text) { secrets_.insert(std::move(text)); }
  void secret(ByteView bytes) {
    secret(to_hex(bytes));
    // Both alphabets, without padding.
    for (const auto& text : {to_base64url(bytes), base64(bytes)}) secret(text.substr(0, text.find('=')));
  }

  void queues() {
    client::SyncClient recipient;
    client::SyncClient sender;
    ASSERT_TRUE(recipient.connect(home_.options(port_)));
    ASSERT_TRUE(sender.connect(home_.options(port_)));
    for (const auto mode : {smp::QueueMode::messaging, smp::QueueMode::contact}) {
      auto queue = recipient.create_queue({.password = SecretString(kPassword),
                                           .mode = mode,
                                           .link = client::NewQueue::Link{some_bytes(50), {1, 2, 3}},
                                           .notifier = true});
      ASSERT_TRUE(queue) << queue.error().message;
      ASSERT_TRUE(mode == smp::QueueMode::messaging ? sender.secure_as_sender(*queue)
                                                    : recipient.secure_as_recipient(*queue));
      ASSERT_TRUE(sender.subscribe_notifications(*queue));
      ASSERT_TRUE(sender.send(*queue, "the text of a message", "T"));
      const auto message = recipient.next_message(*queue);
      ASSERT_TRUE(message);
      secret(message->id.view());
      ASSERT_TRUE(recipient.ack(*queue, *message));
      ASSERT_TRUE(sender.subscribe(*queue));  // takes it over: END to the other
      ASSERT_TRUE(sender.suspend(*queue));
      EXPECT_FALSE(sender.send(*queue, "off"));
      ASSERT_TRUE(sender.remove(*queue));
      for (const auto id : {queue->recipient_id.view(), queue->sender_id.view(), queue->notifier->id.view()})
        secret(id);
      if (queue->link_id) secret(queue->link_id->view());
      EXPECT_FALSE(sender.subscribe(*queue));
    }
    secret(std::string("the text of a message"));
  }

  void refusals() {
    client::SyncClient client;
    ASSERT_TRUE(client.connect(home_.options(port_)));
    EXPECT_FALSE(client.create_queue({.password = SecretString(std::string("a-wrong-password"))}));
    EXPECT_FALSE(client.create_queue());
    secret(std::string("a-wrong-password"));
    const auto nobody = crypto::random_id<RecipientId>();
    const auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
    const auto answer = client.command(&key, nobody.view(), smp::Sub{});
    ASSERT_TRUE(answer);
    EXPECT_NE(answer->error(), nullptr);
    secret(nobody.view());
    auto other = home_.options(port_);
    other.edit_hello = [](smp::ClientHello& hello) { hello.fingerprint = some_bytes(32); };
    client::SyncClient stranger;
    EXPECT_TRUE(!stranger.connect(other) || stranger.expect_closed());
  }

  void garbage() {
    client::RawConnection no_tls;
    ASSERT_TRUE(no_tls.connect("127.0.0.1", port_));
    ASSERT_TRUE(no_tls.write(as_bytes("GET / HTTP/1.1\r\nHost: secret.example\r\n\r\n")));
    EXPECT_TRUE(no_tls.expect_closed());
    secret(std::string("secret.example"));
    client::SyncClient client;
    ASSERT_TRUE(client.connect(home_.options(port_)));
    client.send_block_content(some_bytes(100));
    EXPECT_TRUE(client.wait_event());
  }

  const Home& home_;
  const std::uint16_t port_;
  std::set<std::string> secrets_;
};

class Log : public testing::Test {
 protected:
  Home home;
};

class LogFormat : public Log, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Both, LogFormat, testing::Values("text", "json"),
                         [](const auto& format) { return std::string(format.param); });

TEST_P(LogFormat, SaysNothingAboutClients) {
  Server server(home.flags({"--ports=0", "--listen=127.0.0.1", "--log-level=trace", "--notification-interval=0",
                            "--end-interval=0", std::string("--log-format=") + GetParam()}),
                {"SOTTO_PASSWORD=" + kPassword});
  server.wait_ready();
  const BusySession session(home, server.ports().front());
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  const auto log = server.errors();
  EXPECT_EQ(server.output(), "");
  EXPECT_GE(session.secrets().size(), 20U);
  for (const auto& secret : session.secrets()) EXPECT_THAT(log, Not(HasSubstr(secret)));
}

// Line by line: fields that are known, and ports of listeners only.
TEST_F(Log, HasOnlyFieldsThatAreKnown) {
  Server server(home.flags({"--ports=0", "--listen=127.0.0.1", "--log-level=trace", "--log-format=json"}),
                {"SOTTO_PASSWORD=" + kPassword});
  server.wait_ready();
  const BusySession session(home, server.ports().front());
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  const std::set<std::string> known{"time", "level", "message", "port", "queues", "signal"};
  const auto log = server.errors();
  for (std::size_t at = 0, end = 0; (end = log.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto line = nlohmann::json::parse(log.substr(at, end - at), nullptr, false);
    ASSERT_TRUE(line.is_object()) << log.substr(at, end - at);
    for (const auto& [name, value] : line.items()) EXPECT_TRUE(known.count(name) == 1) << line;
    EXPECT_EQ(line.contains("port"), line.at("message") == "listening") << line;
  }
}

TEST_F(Log, WarnsLoudlyWithoutAPassword) {
  const auto warning_of = [&](const Texts& flags, const Texts& environment) {
    Server server(home.flags(flags), environment);
    server.wait_ready();
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
    return server.errors();
  };
  const Texts flags{"--ports=0", "--listen=127.0.0.1"};
  const auto loud = testing::AllOf(HasSubstr("warning"), HasSubstr("MAY CREATE QUEUES"));
  EXPECT_THAT(warning_of(flags, {}), loud);
  EXPECT_THAT(warning_of(flags, {"SOTTO_PASSWORD=" + kPassword}), Not(HasSubstr("warning")));
  auto closed = flags;
  closed.emplace_back("--new-queues=false");
  EXPECT_THAT(warning_of(closed, {}), Not(HasSubstr("warning")));
}

}  // namespace
}  // namespace sotto::test
