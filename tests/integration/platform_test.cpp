// What two gateways, two queue services, PostgreSQL and Redis must be together: one server. Real processes; what goes
// from one gateway to the other goes through Redis, because each gateway knows one queue service only.
#include "tests/support/platform/platform.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;
using client::QueueHandle;
using client::SyncClient;

Platform::Options apart() {
  Platform::Options options;
  options.one_service_each = true;
  options.durable = false;
  return options;
}

// No event within a while that is long enough for one: the other gateway has answered a command behind it.
void expect_no_event(SyncClient& client) {
  EXPECT_TRUE(client.ping());
  EXPECT_EQ(client.pending_events(), 0U);
}

class TwoGateways : public testing::Test {
 protected:
  Platform platform{apart()};
  std::unique_ptr<SyncClient> first = platform.connect(0);
  std::unique_ptr<SyncClient> second = platform.connect(1);
};

TEST_F(TwoGateways, MessagesGoFromOneToTheOther) {
  auto queue = must(first->create_queue());
  ASSERT_TRUE(second->secure_as_sender(queue));
  for (int i = 0; i < 50; ++i) {
    const auto body = std::to_string(i) + std::string(i % 10 == 0 ? 15'000 : 10, 'x');
    ASSERT_TRUE(second->send(queue, body));
    const auto message = must(first->next_message(queue));
    EXPECT_EQ(message.text(), body);
    ASSERT_TRUE(first->ack(queue, message));
  }
}

TEST_F(TwoGateways, BacklogComesInOrder) {
  const auto queue = must(first->create_queue({.subscribe = false}));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(second->send(queue, std::to_string(i)));
  ASSERT_TRUE(first->subscribe(queue));
  for (int i = 0; i < 100; ++i) {
    const auto message = must(first->next_message(queue));
    EXPECT_EQ(message.text(), std::to_string(i));
    ASSERT_TRUE(first->ack(queue, message));
  }
}

TEST_F(TwoGateways, TakeOverEndsTheFormerSubscriber) {
  const auto queue = must(first->create_queue());
  for (int round = 0; round < 20; ++round) {
    auto& from = round % 2 == 0 ? *first : *second;
    auto& to = round % 2 == 0 ? *second : *first;
    ASSERT_TRUE(to.subscribe(queue));
    ASSERT_TRUE(from.send(queue, std::to_string(round)));
    const auto message = must(to.next_message(queue));
    EXPECT_EQ(message.text(), std::to_string(round));
    ASSERT_TRUE(to.ack(queue, message));
    EXPECT_EQ(next_event(from), "END");
    expect_no_event(from);
  }
}

TEST_F(TwoGateways, DeletedQueueIsToldToItsSubscriber) {
  const auto queue = must(first->create_queue());
  ASSERT_TRUE(second->remove(queue));
  EXPECT_EQ(next_event(*first), "DELD");
  EXPECT_EQ(text_of(second->send(queue, "x")), "AUTH");
}

TEST_F(TwoGateways, NotificationsReachTheNotifierOfTheOther) {
  auto queue = must(first->create_queue());
  ASSERT_TRUE(first->add_notifier(queue));
  ASSERT_TRUE(second->subscribe_notifications(queue));
  ASSERT_TRUE(first->send(queue, "hello", "T"));
  const auto message = must(first->next_message(queue));
  EXPECT_TRUE(equal(must(second->next_notification(queue)).message_id, message.id.view()));
}

// The answer to a change is the moment from which nobody acts on the old record: neither gateway, whatever it
// remembers.
class VersionRaces : public TwoGateways {
 protected:
  static constexpr int kRounds = 1000;
};

TEST_F(VersionRaces, AfterSkeyNoUnauthorizedSend) {
  for (int i = 0; i < kRounds; ++i) {
    auto queue = must(first->create_queue({.subscribe = false}));
    ASSERT_TRUE(second->send(queue, "before")) << "the second gateway knows the queue now";
    const auto open = queue;
    ASSERT_TRUE(first->secure_as_sender(queue));
    ASSERT_EQ(text_of(second->send(open, "after")), "AUTH") << "round " << i;
    ASSERT_TRUE(second->send(queue, "authorized"));
  }
}

TEST_F(VersionRaces, AfterOffNoSend) {
  for (int i = 0; i < kRounds; ++i) {
    const auto queue = must(first->create_queue({.subscribe = false}));
    ASSERT_TRUE(second->send(queue, "before"));
    ASSERT_TRUE(first->suspend(queue));
    ASSERT_EQ(text_of(second->send(queue, "after")), "AUTH") << "round " << i;
  }
}

TEST_F(VersionRaces, AfterDelNothing) {
  for (int i = 0; i < kRounds; ++i) {
    const auto queue = must(first->create_queue({.subscribe = false}));
    ASSERT_TRUE(second->send(queue, "before"));
    ASSERT_TRUE(first->remove(queue));
    ASSERT_EQ(text_of(second->send(queue, "after")), "AUTH") << "round " << i;
    ASSERT_EQ(text_of(second->subscribe(queue)), "AUTH") << "round " << i;
  }
}

TEST_F(VersionRaces, AfterRkeyOnlyTheNewKey) {
  for (int i = 0; i < kRounds; ++i) {
    auto queue = must(first->create_queue({.mode = smp::QueueMode::contact, .subscribe = false}));
    ASSERT_TRUE(second->subscribe(queue));
    auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
    ASSERT_EQ(ask(*first, &queue.recipient_key, queue.recipient_id.view(), smp::Rkey{{key.public_key()}}), "OK");
    ASSERT_EQ(ask(*second, &queue.recipient_key, queue.recipient_id.view(), smp::Sub{}), "ERR AUTH") << "round " << i;
    ASSERT_EQ(ask(*second, &key, queue.recipient_id.view(), smp::Sub{}), "SOK") << "round " << i;
  }
}

// ---- health, and what happens while a part is away

TEST_F(TwoGateways, DatabaseAwayIsSaidAndNothingIsAnsweredOk) {
  const auto queue = must(first->create_queue());
  ASSERT_TRUE(second->send(queue, "before"));
  const auto before = must(first->next_message(queue));
  platform.postgres().kill();

  const auto answer = text_of(second->send(queue, "while away", "F", 60s));
  EXPECT_THAT(answer, testing::StartsWith("STORE"));
  wait_until("/readyz of the queue services to fall", [&] {
    return platform.queue_service(0).probe("/readyz") == 503 && platform.queue_service(1).probe("/readyz") == 503;
  });
  EXPECT_EQ(platform.queue_service(0).probe("/livez"), 200);
  EXPECT_EQ(platform.gateway(0).probe("/livez"), 200);

  platform.postgres().start();
  wait_until("/readyz to come back", [&] {
    return platform.queue_service(0).probe("/readyz") == 200 && platform.queue_service(1).probe("/readyz") == 200;
  });
  ASSERT_TRUE(first->ack(queue, before, 60s));
  ASSERT_TRUE(second->send(queue, "after", "F", 60s));
  EXPECT_EQ(must(first->next_message(queue, 60s)).text(), "after");
  EXPECT_EQ(platform.gateway(0).probe("/readyz"), 200);
}

TEST_F(TwoGateways, RedisAwayDelaysMessagesAndLosesNone) {
  const auto queue = must(first->create_queue());
  const auto later = must(first->create_queue({.subscribe = false}));
  platform.redis().kill();
  ASSERT_TRUE(second->send(queue, "while away", "F", 60s));
  ASSERT_TRUE(first->subscribe(later, 60s));
  ASSERT_TRUE(second->send(later, "to a new subscription", "F", 60s));
  platform.redis().start();
  // By itself, without reconnecting.
  EXPECT_EQ(must(first->next_message(queue, 60s)).text(), "while away");
  EXPECT_EQ(must(first->next_message(later, 60s)).text(), "to a new subscription");
}

TEST_F(TwoGateways, RedisThatForgotEverythingIsToldAgain) {
  auto queue = must(first->create_queue());
  ASSERT_TRUE(first->add_notifier(queue));
  ASSERT_TRUE(second->subscribe_notifications(queue));
  platform.redis().restart_flushed();
  ASSERT_TRUE(second->send(queue, "hello", "T", 60s));
  const auto message = must(first->next_message(queue, 60s));
  EXPECT_EQ(message.text(), "hello");
  ASSERT_TRUE(first->ack(queue, message, 60s));
  // The session of the former subscriber is older: it learns that it lost the queue.
  ASSERT_TRUE(second->subscribe(queue, 60s));
  EXPECT_EQ(next_event(*first), "END");
}

TEST_F(TwoGateways, QueueServiceThatIsBackServesItsGatewayAgain) {
  const auto queue = must(first->create_queue());
  platform.queue_service(0).kill();
  ASSERT_TRUE(second->send(queue, "while away"));
  wait_until("the gateway to say that it is not ready", [&] { return platform.gateway(0).probe("/readyz") == 503; });
  platform.queue_service(0).start();
  EXPECT_EQ(must(first->next_message(queue, 60s)).text(), "while away");
  wait_until("the gateway to be ready", [&] { return platform.gateway(0).probe("/readyz") == 200; });
}

TEST_F(TwoGateways, StopsInGoodOrder) {
  const auto queue = must(first->create_queue());
  ASSERT_TRUE(first->send(queue, "kept"));
  EXPECT_EQ(platform.gateway(0).stop(), 0);
  EXPECT_EQ(platform.queue_service(0).stop(), 0);
  ASSERT_TRUE(second->subscribe(queue));
  EXPECT_EQ(must(second->next_message(queue)).text(), "kept");
}

TEST_F(TwoGateways, LogsHoldNoIdsKeysOrAddresses) {
  auto queue = must(first->create_queue());
  ASSERT_TRUE(second->send(queue, "secret words"));
  EXPECT_EQ(must(first->next_message(queue)).text(), "secret words");
  platform.postgres().kill();
  EXPECT_FALSE(second->send(queue, "secret words", "F", 60s));
  platform.postgres().start();
  for (std::size_t i = 0; i < 2; ++i) {
    for (const auto& log : {platform.gateway(i).log(), platform.queue_service(i).log()}) {
      EXPECT_THAT(log, testing::Not(testing::HasSubstr("secret words")));
      for (const auto id : {queue.recipient_id.view(), queue.sender_id.view()}) {
        EXPECT_THAT(log, testing::Not(testing::HasSubstr(to_base64url(id))));
        EXPECT_THAT(log, testing::Not(testing::HasSubstr(to_hex(id))));
      }
    }
  }
}

}  // namespace
}  // namespace sotto::test
