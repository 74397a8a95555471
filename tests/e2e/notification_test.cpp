// Notifications: delivered at once to who listens, kept for who does not yet.
#include <array>

#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class Notifications : public testing::Test {
 protected:
  // Sends a message that notifies, takes it, and returns its id.
  MessageId ding() {
    must(recipient->send(queue, "ding", "T"));
    const auto message = must(recipient->next_message(queue));
    must(recipient->ack(queue, message));
    return message.id;
  }
  static QueueHandle create(SyncClient& client) {
    auto queue = must(client.create_queue());
    must(client.add_notifier(queue));
    return queue;
  }
  void restart() {
    server.restart();
    recipient = server.connect();
    must(recipient->subscribe(queue));
  }

  InProcessServer server;
  std::unique_ptr<SyncClient> recipient = server.connect();
  QueueHandle queue = create(*recipient);
};

TEST_F(Notifications, ComeToWhoListens) {
  const auto notifier = server.connect();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const auto sent = ding();
  const auto meta = must(notifier->next_notification(queue));
  EXPECT_TRUE(equal(meta.message_id, sent.view()));
  EXPECT_EQ(meta.seconds, unix_seconds(server.clock().system_now()));
}

TEST_F(Notifications, AreKeptUntilSomebodyListens) {
  const auto first = ding();
  const auto second = ding();
  const auto notifier = server.connect();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  EXPECT_TRUE(equal(must(notifier->next_notification(queue)).message_id, first.view()));
  EXPECT_TRUE(equal(must(notifier->next_notification(queue)).message_id, second.view()));

  const auto another = server.connect();
  ASSERT_TRUE(another->subscribe_notifications(queue));
  const auto third = ding();
  EXPECT_TRUE(equal(must(another->next_notification(queue)).message_id, third.view()))
      << "what was delivered does not come again";
}

TEST_F(Notifications, SurviveARestart) {
  const auto sent = ding();
  restart();
  const auto notifier = server.connect();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  EXPECT_TRUE(equal(must(notifier->next_notification(queue)).message_id, sent.view()));
}

TEST_F(Notifications, ExpireAfterTheirLifetime) {
  ding();
  server.clock().advance(hours(24) + seconds(2));
  const auto notifier = server.connect();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const auto sent = ding();
  EXPECT_TRUE(equal(must(notifier->next_notification(queue)).message_id, sent.view()));
}

TEST_F(Notifications, EndForWhoIsTakenOver) {
  const auto former = server.connect();
  const auto next = server.connect();
  ASSERT_TRUE(former->subscribe_notifications(queue));
  ASSERT_TRUE(next->subscribe_notifications(queue));
  const auto end = must(former->wait_event());
  EXPECT_EQ(text_of(end), "END");
  EXPECT_TRUE(equal(end.entity_id, queue.notifier->id.view()));
  const auto sent = ding();
  EXPECT_TRUE(equal(must(next->next_notification(queue)).message_id, sent.view()));
  EXPECT_EQ(former->pending_events(), 0U);
}

TEST_F(Notifications, OfFormerCredentialsAreGone) {
  ding();
  const auto former = *queue.notifier;
  ASSERT_TRUE(recipient->add_notifier(queue));
  const auto notifier = server.connect();
  EXPECT_EQ(ask(*notifier, former.nsub()), "ERR AUTH");
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const auto sent = ding();
  EXPECT_TRUE(equal(must(notifier->next_notification(queue)).message_id, sent.view()));
}

// DELD, or END for clients before version 10, to the subscriber and to the notifier.
TEST(DeletedEvents, AreInTheWordOfTheVersion) {
  InProcessServer server({"--ephemeral"});
  for (const auto version : std::array<smp::Version, 4>{6, 9, 10, 20}) {
    const std::string word = version < 10 ? "END" : "DELD";
    const auto owner = server.connect(version);
    const auto subscriber = server.connect(version);
    const auto notifier = server.connect(version);
    auto queue = must(owner->create_queue());
    ASSERT_TRUE(subscriber->subscribe(queue));
    EXPECT_EQ(next_event(*owner), "END");
    for (const bool replaced : {true, false}) {
      ASSERT_TRUE(owner->add_notifier(queue));
      ASSERT_TRUE(notifier->subscribe_notifications(queue));
      if (replaced) {
        const auto former = *queue.notifier;
        ASSERT_TRUE(owner->add_notifier(queue));
      } else {
        EXPECT_EQ(ask(*owner, queue.by_recipient(smp::Ndel{})), "OK");
      }
      EXPECT_EQ(next_event(*notifier), word) << "v" << version;
    }
    ASSERT_TRUE(owner->add_notifier(queue));
    ASSERT_TRUE(notifier->subscribe_notifications(queue));
    ASSERT_TRUE(owner->remove(queue));
    EXPECT_EQ(next_event(*notifier), word) << "v" << version;
    EXPECT_EQ(next_event(*subscriber), word) << "v" << version;
    EXPECT_EQ(owner->pending_events(), 0U) << "who deleted it knows";
  }
}

// Of a standalone server; a platform shows what it had some seconds ago.
TEST(PendingNotifications, AreAsOldAsTheOldest) {
  InProcessServer server;
  constexpr auto* kOldest = "smp_notifications_oldest_seconds";
  const auto recipient = server.connect();
  const auto create = [&] {
    auto queue = must(recipient->create_queue());
    must(recipient->add_notifier(queue));
    return queue;
  };
  const auto first = create();
  const auto second = create();
  EXPECT_EQ(metric(server, kOldest), 0);
  must(recipient->send(first, "ding", "T"));
  ASSERT_TRUE(reaches(server, "smp_notifications_without_subscriber", 1));
  server.clock().advance(seconds(100));
  EXPECT_EQ(metric(server, kOldest), 100);
  must(recipient->send(second, "ding", "T"));
  ASSERT_TRUE(reaches(server, "smp_notifications_without_subscriber", 2));
  server.restart();
  server.clock().advance(seconds(10));
  EXPECT_EQ(metric(server, kOldest), 110);
  const auto notifier = server.connect();
  ASSERT_TRUE(notifier->subscribe_notifications(first));
  must(notifier->next_notification(first));
  EXPECT_EQ(metric(server, kOldest), 10);
}

}  // namespace
}  // namespace sotto::test
