// Sections 7 to 9: notifiers: NKEY, NDEL, NSUB, NMSG.
#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

class Section9Notifications : public Conformance {
 protected:
  QueueHandle create(KeyKind kind = KeyKind::ed25519) {
    auto queue = must(client->create_queue({.key_kind = kind}));
    must(client->add_notifier(queue));
    return queue;
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section9Notifications, all_versions(), version_name);

TEST_P(Section9Notifications, NkeyAnswersNidAndNsubIsAuthorizedWithIt) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    if (kind == KeyKind::x25519 && version() < smp::kVersionAuthenticators) continue;
    const auto queue = create(kind);
    EXPECT_EQ(ask(*connect(), queue.notifier->nsub()), sok());
    EXPECT_EQ(ask(*connect(), &queue.recipient_key, queue.notifier->id.view(), smp::Nsub{}), "ERR AUTH");
  }
}

TEST_P(Section9Notifications, NmsgNamesTheMessageAndIsForTheNotifierOnly) {
  const auto queue = create();
  const auto notifier = connect();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const auto sender = connect();
  ASSERT_TRUE(sender->send(queue, "silent", "F"));
  ASSERT_TRUE(sender->send(queue, "ding", "T"));
  const auto event = must(notifier->wait_event());
  ASSERT_EQ(text_of(event), "NMSG");
  EXPECT_TRUE(event.corr_id.empty());
  EXPECT_TRUE(equal(event.entity_id, queue.notifier->id.view()));
  const auto meta = must(queue.notifier->open(*event.get<smp::Nmsg>()));
  EXPECT_EQ(meta.seconds, unix_seconds(server.clock().system_now()));
  const auto silent = must(client->next_message(queue));
  ASSERT_TRUE(client->ack(queue, silent));
  const auto ding = must(client->next_message(queue));
  EXPECT_EQ(ding.text(), "ding");
  EXPECT_TRUE(equal(meta.message_id, ding.id.view()));
  EXPECT_EQ(notifier->pending_events(), 0U) << "the flag of the first one said no";
}

TEST_P(Section9Notifications, NkeyReplacesTheFormerCredentials) {
  auto queue = create();
  const auto former = *queue.notifier;
  const auto notifier = connect();
  ASSERT_EQ(ask(*notifier, former.nsub()), sok());
  ASSERT_TRUE(client->add_notifier(queue));
  EXPECT_NE(queue.notifier->id, former.id);
  const auto event = must(notifier->wait_event());
  EXPECT_EQ(text_of(event), deld());
  EXPECT_TRUE(equal(event.entity_id, former.id.view()));
  EXPECT_EQ(ask(*notifier, former.nsub()), "ERR AUTH");
  EXPECT_EQ(ask(*notifier, queue.notifier->nsub()), sok());
}

TEST_P(Section9Notifications, NdelEndsThem) {
  const auto queue = create();
  const auto notifier = connect();
  ASSERT_EQ(ask(*notifier, queue.notifier->nsub()), sok());
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ndel{})), "OK");
  EXPECT_EQ(next_event(*notifier), deld());
  EXPECT_EQ(ask(*notifier, queue.notifier->nsub()), "ERR AUTH");
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ndel{})), "OK") << "there is none any more";
  EXPECT_EQ(ask(*client, queue.send(as_bytes("x"), "T")), "OK");
}

TEST_P(Section9Notifications, DelOfTheQueueTellsTheNotifier) {
  const auto queue = create();
  const auto notifier = connect();
  ASSERT_EQ(ask(*notifier, queue.notifier->nsub()), sok());
  EXPECT_EQ(ask(*client, queue.del()), "OK");
  const auto event = must(notifier->wait_event());
  EXPECT_EQ(text_of(event), deld());
  EXPECT_TRUE(equal(event.entity_id, queue.notifier->id.view()));
}

TEST_P(Section9Notifications, AnotherConnectionTakesOverWithEnd) {
  const auto queue = create();
  const auto former = connect();
  const auto next = connect();
  ASSERT_EQ(ask(*former, queue.notifier->nsub()), sok());
  ASSERT_EQ(ask(*next, queue.notifier->nsub()), sok());
  EXPECT_EQ(next_event(*former), "END");
  ASSERT_TRUE(client->send(queue, "ding", "T"));
  EXPECT_EQ(next_event(*next), "NMSG");
  EXPECT_EQ(former->pending_events(), 0U);
}

}  // namespace
}  // namespace sotto::test
