#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/storage/redis/redis_event_bus.hpp"
#include "services/queue/storage/redis/test_replica.hpp"
#include "tests/support/redis/redis_cluster.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::queue {
namespace {

constexpr std::uint64_t kGateway = 0xfedc'ba98'7654'3210U;
constexpr std::uint64_t kOther = 7;

// Keeps what came, in order.
class Inbox {
 public:
  std::function<void(ByteView)> handler() {
    return [this](ByteView event) {
      const std::lock_guard lock(mutex_);
      events_.emplace_back(as_text(event));
    };
  }
  std::vector<std::string> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  // What came since the last take(), as soon as there are so many.
  std::vector<std::string> wait(std::size_t count) {
    test::wait_until("events", [&] { return events().size() >= count; });
    return take();
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> events_;
};

Bytes event(std::string_view text) {
  return to_bytes(as_bytes(text));
}

class EventBusTest : public testing::Test {
 protected:
  // Short lifetimes; a publisher believes what it knows for as long as it can.
  CoordinatingReplica::Options options() const {
    auto out = CoordinatingReplica::options(server_.client_options());
    out.bus.lookup_lifetime = std::chrono::hours(1);
    return out;
  }
  std::int64_t lifetime_left() const {
    return server_.execute(redis::Command("PTTL").key("g:", gateway_key())).integer();
  }
  static Bytes gateway_key() { return from_hex("fedcba9876543210").value(); }
  // A process that is gone at once, and says nothing.
  static void die(CoordinatingReplica& replica) { replica.stop(); }

  test::RedisServer server_;
};

TEST_F(EventBusTest, EventsReachTheReplicaOfTheGateway) {
  CoordinatingReplica sender(options());
  CoordinatingReplica receiver(options());
  Inbox inbox;
  Inbox other;
  receiver.bus().listen(kGateway, inbox.handler());
  receiver.bus().listen(kOther, other.handler());
  sender.bus().publish(kGateway, event("first"));
  sender.bus().publish(kOther, event("for the other"));
  const std::string binary("\0\r\n\xff", 4);
  sender.bus().publish(kGateway, event(binary));
  sender.bus().publish(kGateway, {});
  EXPECT_EQ(inbox.wait(3), (std::vector<std::string>{"first", binary, ""}));
  EXPECT_EQ(other.wait(1), std::vector<std::string>{"for the other"});
  EXPECT_EQ(receiver.bus().counters().carried, 4U);
}

TEST_F(EventBusTest, EventsOfAGatewayKeepTheirOrder) {
  CoordinatingReplica sender(options());
  CoordinatingReplica receiver(options());
  Inbox inbox;
  receiver.bus().listen(kGateway, inbox.handler());
  std::vector<std::string> sent;
  for (int i = 0; i < 2000; ++i) {
    sent.push_back(std::to_string(i));
    sender.bus().publish(kGateway, event(sent.back()));
  }
  EXPECT_EQ(inbox.wait(sent.size()), sent);
}

TEST_F(EventBusTest, OneOfTheReplicasOfAGatewayGetsAnEvent) {
  CoordinatingReplica sender(options());
  CoordinatingReplica first(options());
  CoordinatingReplica second(options());
  Inbox of_first;
  Inbox of_second;
  first.bus().listen(kGateway, of_first.handler());
  sender.bus().publish(kGateway, event("before"));
  EXPECT_EQ(of_first.wait(1), std::vector<std::string>{"before"});
  // The newest listener is the owner, for those who ask from now on; others still reach the first. None is lost, and
  // none comes twice.
  second.bus().listen(kGateway, of_second.handler());
  CoordinatingReplica late(options());
  for (int i = 0; i < 50; ++i) {
    sender.bus().publish(kGateway, event("sender"));
    late.bus().publish(kGateway, event("late"));
  }
  EXPECT_EQ(of_first.wait(50), std::vector<std::string>(50, "sender"));
  EXPECT_EQ(of_second.wait(50), std::vector<std::string>(50, "late"));
  late.wait_looks();
  EXPECT_TRUE(of_first.take().empty());
  EXPECT_TRUE(of_second.take().empty());
}

TEST_F(EventBusTest, AReplicaThatTheGatewayHasLeftPassesEventsOn) {
  CoordinatingReplica sender(options());
  CoordinatingReplica first(options());
  CoordinatingReplica second(options());
  Inbox of_first;
  Inbox of_second;
  first.bus().listen(kGateway, of_first.handler());
  sender.bus().publish(kGateway, event("before"));
  of_first.wait(1);
  second.bus().listen(kGateway, of_second.handler());
  first.bus().unlisten(kGateway);
  sender.bus().publish(kGateway, event("after"));
  EXPECT_EQ(of_second.wait(1), std::vector<std::string>{"after"});
  EXPECT_EQ(first.bus().counters().passed_on, 1U);
  // What the first one had under way may be lost.
  second.wait_lost(kGateway);
}

TEST_F(EventBusTest, AfterUnlistenAnotherReplicaOwnsTheGateway) {
  CoordinatingReplica sender(options());
  CoordinatingReplica first(options());
  CoordinatingReplica second(options());
  Inbox of_first;
  Inbox of_second;
  first.bus().listen(kGateway, of_first.handler());
  second.bus().listen(kGateway, of_second.handler());
  second.bus().unlisten(kGateway);
  first.wait_lost(kGateway);
  sender.bus().publish(kGateway, event("x"));
  EXPECT_EQ(of_first.wait(1), std::vector<std::string>{"x"});
  EXPECT_TRUE(of_second.take().empty());
}

TEST_F(EventBusTest, AHandlerIsNotCalledAfterUnlisten) {
  CoordinatingReplica sender(options());
  CoordinatingReplica receiver(options());
  for (int round = 0; round < 50; ++round) {
    auto inbox = std::make_unique<Inbox>();
    receiver.bus().listen(kGateway, inbox->handler());
    for (int i = 0; i < 5; ++i) sender.bus().publish(kGateway, event("x"));
    receiver.bus().unlisten(kGateway);
    // A handler that still ran would use it after its end (sanitizers).
    inbox.reset();
  }
  receiver.bus().unlisten(kGateway);
  receiver.bus().unlisten(kOther);
}

TEST_F(EventBusTest, ANewHandlerReplacesTheOldOne) {
  CoordinatingReplica sender(options());
  CoordinatingReplica receiver(options());
  Inbox first;
  Inbox second;
  receiver.bus().listen(kGateway, first.handler());
  receiver.bus().listen(kGateway, second.handler());
  sender.bus().publish(kGateway, event("x"));
  EXPECT_EQ(second.wait(1), std::vector<std::string>{"x"});
  EXPECT_TRUE(first.take().empty());
}

TEST_F(EventBusTest, EventsForNobodyAreDropped) {
  CoordinatingReplica sender(options());
  sender.bus().publish(kGateway, event("x"));
  test::wait_until("the drop", [&] { return sender.bus().counters().dropped_nobody == 1; });
  // Nobody is not remembered.
  CoordinatingReplica receiver(options());
  Inbox inbox;
  receiver.bus().listen(kGateway, inbox.handler());
  sender.bus().publish(kGateway, event("y"));
  EXPECT_EQ(inbox.wait(1), std::vector<std::string>{"y"});
  EXPECT_TRUE(sender.lost().empty()) << "a gateway that is gone is nothing to worry about";
}

TEST_F(EventBusTest, WhenTheOwnerDiesAnotherReplicaTakesTheGateway) {
  CoordinatingReplica sender(options());
  CoordinatingReplica first(options());
  CoordinatingReplica second(options());
  Inbox of_first;
  Inbox of_second;
  first.bus().listen(kGateway, of_first.handler());
  second.bus().listen(kGateway, of_second.handler());
  die(second);
  // Finds nobody: lost, but the gateway looks again.
  sender.bus().publish(kGateway, event("x"));
  first.wait_lost(kGateway);
  sender.bus().publish(kGateway, event("y"));
  EXPECT_EQ(of_first.wait(1), std::vector<std::string>{"y"});
}

TEST_F(EventBusTest, EntriesOfTheRegistryExpireAndAreRefreshed) {
  auto short_lived = options();
  short_lived.bus.lifetime = std::chrono::milliseconds(300);
  CoordinatingReplica sender(short_lived);
  CoordinatingReplica first(short_lived);
  CoordinatingReplica second(short_lived);
  Inbox of_first;
  Inbox of_second;
  first.bus().listen(kGateway, of_first.handler());
  second.bus().listen(kGateway, of_second.handler());
  second.bus().listen(kOther, of_second.handler());
  test::wait_until("two gateways in the registry", [&] { return sender.bus().live_gateways() == 2; });
  die(second);
  // Nobody publishes, so nobody notices; its entry goes by itself, and the first one, which lives, takes the gateway.
  first.wait_lost(kGateway);
  test::wait_until("one gateway in the registry", [&] { return sender.bus().live_gateways() == 1; });
  first.wait_looks(20);
  EXPECT_GT(lifetime_left(), 0);
  sender.bus().publish(kGateway, event("x"));
  EXPECT_EQ(of_first.wait(1), std::vector<std::string>{"x"});
}

TEST_F(EventBusTest, WhatIsPublishedWhileRedisIsAwayIsDropped) {
  CoordinatingReplica sender(options());
  CoordinatingReplica receiver(options());
  Inbox inbox;
  receiver.bus().listen(kGateway, inbox.handler());
  sender.bus().publish(kGateway, event("before"));
  inbox.wait(1);
  server_.kill();
  test::wait_until("the loss of the connection", [&] { return !sender.client().connected(); });
  sender.bus().publish(kGateway, event("lost"));
  sender.bus().publish(kOther, event("lost"));
  test::wait_until("the drops", [&] { return sender.bus().counters().dropped_unreachable == 2; });

  server_.start();
  // Whoever is told finds the gateways registered.
  receiver.wait_all_lost();
  sender.wait_all_lost();
  sender.bus().publish(kGateway, event("after"));
  EXPECT_EQ(inbox.wait(1), std::vector<std::string>{"after"});
}

TEST_F(EventBusTest, RegistrationsSurviveTheLossOfData) {
  CoordinatingReplica sender(options());
  CoordinatingReplica receiver(options());
  Inbox inbox;
  receiver.bus().listen(kGateway, inbox.handler());
  server_.execute(redis::Command("FLUSHALL"));
  receiver.wait_all_lost();
  EXPECT_GT(lifetime_left(), 0);
  sender.bus().publish(kGateway, event("x"));
  EXPECT_EQ(inbox.wait(1), std::vector<std::string>{"x"});
}

TEST_F(EventBusTest, WhatIsOnItsWayIsBounded) {
  auto small = options();
  small.bus.max_waiting_bytes = 1000;
  CoordinatingReplica sender(small);
  CoordinatingReplica receiver(options());
  Inbox inbox;
  receiver.bus().listen(kGateway, inbox.handler());
  sender.bus().publish(kGateway, event("known from now on"));
  inbox.wait(1);
  test::wait_until("the answer", [&] { return sender.client().waiting() == 0; });
  server_.pause();
  for (int i = 0; i < 10; ++i) sender.bus().publish(kGateway, Bytes(400));
  EXPECT_EQ(sender.bus().counters().dropped_overload, 8U);
  server_.resume();
  inbox.wait(2);
  // Others were not told of what was dropped.
  sender.wait_all_lost();
}

TEST_F(EventBusTest, WhatWaitsForTheRegistryIsBounded) {
  auto small = options();
  small.bus.max_waiting_bytes = 1000;
  CoordinatingReplica sender(small);
  server_.pause();
  for (int i = 0; i < 10; ++i) sender.bus().publish(kGateway, Bytes(400));
  EXPECT_EQ(sender.bus().counters().dropped_overload, 8U);
  server_.resume();
  test::wait_until("the rest to be dropped", [&] { return sender.bus().counters().dropped_nobody == 2; });
  sender.bus().publish(kGateway, Bytes(400));
  test::wait_until("room again", [&] { return sender.bus().counters().dropped_nobody == 3; });
}

TEST(EventBusCluster, EventsReachTheReplicaOfTheGateway) {
  test::RedisCluster cluster;
  auto options = CoordinatingReplica::options(cluster.client_options());
  // What follows is of replicas whose listen() has succeeded, however busy the machine is.
  options.bus.deadline = std::chrono::seconds(20);
  CoordinatingReplica sender(options);
  CoordinatingReplica first(options);
  CoordinatingReplica second(options);
  Inbox inbox;
  Inbox of_second;
  first.bus().listen(kGateway, inbox.handler());
  std::vector<std::string> sent;
  for (int i = 0; i < 500; ++i) {
    sent.push_back(std::to_string(i));
    sender.bus().publish(kGateway, event(sent.back()));
  }
  EXPECT_EQ(inbox.wait(sent.size()), sent);
  second.bus().listen(kGateway, of_second.handler());
  second.bus().unlisten(kGateway);
  first.wait_lost(kGateway);
  sender.wait_looks(30);
  sender.bus().publish(kGateway, event("x"));
  EXPECT_EQ(inbox.wait(1), std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace sotto::queue
