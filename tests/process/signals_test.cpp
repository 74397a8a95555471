// SIGTERM and SIGINT: what is under way is answered, every connection is closed, and the process ends with 0; a second
// signal ends it at once.
#include <atomic>
#include <csignal>
#include <deque>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/smp-client/raw_connection.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/process/program.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Texts kFlags{"--ports=0", "--listen=127.0.0.1", "--log-format=json", "--quota=10000"};

class Signals : public testing::Test {
 protected:
  Home home;
  Server server{home.flags(kFlags)};
  void SetUp() override { server.wait_ready(); }

  client::ConnectOptions options() { return home.options(server.ports().front()); }
};

class StopSignal : public Signals, public testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Both, StopSignal, testing::Values(SIGTERM, SIGINT),
                         [](const auto& number) { return number.param == SIGTERM ? "SIGTERM" : "SIGINT"; });

TEST_P(StopSignal, ClosesAllConnectionsAndEndsWithZero) {
  std::deque<client::SyncClient> sessions(5);
  for (auto& session : sessions) {
    ASSERT_TRUE(session.connect(options()));
    ASSERT_TRUE(session.create_queue());
  }
  client::RawConnection tcp;
  ASSERT_TRUE(tcp.connect("127.0.0.1", server.ports().front()));
  client::RawConnection tls;
  ASSERT_TRUE(tls.connect("127.0.0.1", server.ports().front()));
  const auto context = client::make_tls(options());
  ASSERT_TRUE(context);
  ASSERT_TRUE(tls.start_tls((*context)->native()));

  server.signal(GetParam());
  for (auto& session : sessions) {
    ASSERT_TRUE(session.expect_closed(60s));
    EXPECT_EQ(session.failure()->reason, client::Reason::closed) << session.failure()->error.message;
  }
  EXPECT_TRUE(tcp.expect_closed(60s));
  EXPECT_TRUE(tls.expect_closed(60s));
  EXPECT_EQ(server.wait(), 0) << server.errors();
  EXPECT_THAT(server.errors(), HasSubstr(std::string(R"("message":"stopping","signal":")") +
                                         (GetParam() == SIGTERM ? "SIGTERM" : "SIGINT")));
  EXPECT_THAT(server.errors(), HasSubstr(R"("message":"stopped")"));
  client::RawConnection late;
  EXPECT_FALSE(late.connect("127.0.0.1", server.ports().front()));
}

// Every message that is in the store after a drain was answered OK: a SEND that was taken is answered before the end.
TEST_F(Signals, SendsUnderWayAreAnsweredBeforeTheEnd) {
  constexpr std::size_t kSenders = 8;
  constexpr int kBeforeTheSignal = 200;
  struct Sender {
    client::QueueHandle queue;
    int answered = 0;
    std::string fault;
  };
  std::vector<Sender> senders;
  client::SyncClient owner;
  ASSERT_TRUE(owner.connect(options()));
  for (std::size_t i = 0; i < kSenders; ++i) {
    auto queue = owner.create_queue({.subscribe = false});
    ASSERT_TRUE(queue);
    senders.push_back({*std::move(queue), 0, {}});
  }
  owner.close();

  std::atomic<int> answered{0};
  std::deque<std::thread> threads;
  for (auto& sender : senders) {
    threads.emplace_back([&sender, &answered, where = options()] {
      client::SyncClient client;
      if (!client.connect(where)) {
        sender.fault = "no connection";
        return;
      }
      for (;;) {
        const auto status = client.send(sender.queue, "message", "F", 60s);
        if (status) {
          ++sender.answered;
          ++answered;
        } else {
          if (client.connected()) sender.fault = status.error().message;
          return;
        }
      }
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (answered < kBeforeTheSignal && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  server.signal(SIGTERM);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(server.wait(), 0) << server.errors();

  Server again(home.flags(kFlags));
  again.wait_ready();
  client::SyncClient recipient;
  ASSERT_TRUE(recipient.connect(home.options(again.ports().front())));
  for (const auto& sender : senders) {
    EXPECT_EQ(sender.fault, "");
    int stored = 0;
    for (;;) {
      const auto message = recipient.get(sender.queue);
      ASSERT_TRUE(message) << message.error().message;
      if (!*message || (*message)->is_quota()) break;
      ++stored;
      ASSERT_TRUE(recipient.ack(sender.queue, **message));
    }
    EXPECT_EQ(stored, sender.answered);
  }
  again.signal(SIGTERM);
  EXPECT_EQ(again.wait(), 0);
}

// Both wait for the process when it goes on: one begins the drain, the other ends it before it is over.
TEST_F(Signals, ASecondOneEndsAtOnce) {
  server.signal(SIGSTOP);
  server.signal(SIGINT);
  server.signal(SIGTERM);
  server.signal(SIGCONT);
  EXPECT_EQ(server.wait(), 128 + SIGTERM);
  EXPECT_THAT(server.errors(), HasSubstr(R"("message":"stopping")"));
  EXPECT_THAT(server.errors(), testing::Not(HasSubstr(R"("message":"stopped")")));
}

}  // namespace
}  // namespace sotto::test
