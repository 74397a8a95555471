// Sections 7 and 8: queues that an administrator has blocked.
#include <utility>

#include "libs/backend/record.hpp"
#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

using backend::BlockingReason;

class Section8Blocked : public Conformance {
 protected:
  static constexpr const char* kNotice = R"({"ttl":86400})";

  [[nodiscard]] Status block(const QueueHandle& queue, BlockingReason reason = BlockingReason::content,
                             std::string notice = kNotice) {
    return server.server().block_queue(queue.sender_id, {.reason = reason, .notice_json = std::move(notice)});
  }
  [[nodiscard]] Status unblock(const QueueHandle& queue) { return server.server().unblock_queue(queue.sender_id); }

  // What a client of this version reads.
  static std::string blocked(const std::string& reason = "content", const std::string& notice = kNotice) {
    if (version() < smp::kVersionBlocked) return "ERR AUTH";
    if (version() < smp::kVersionClientNotices || notice.empty()) return "ERR BLOCKED reason=" + reason;
    return "ERR BLOCKED reason=" + reason + ",notice=" + notice;
  }
  void expect_event(SyncClient& subscriber, const QueueHandle& queue, const std::string& text) {
    const auto event = must(subscriber.wait_event());
    EXPECT_EQ(text_of(event), text);
    EXPECT_TRUE(event.corr_id.empty());
    EXPECT_TRUE(equal(event.entity_id, queue.recipient_id.view()));
  }

  static bool has_modes() { return version() >= smp::kVersionSenderSecure; }
  static bool has_links() { return version() >= smp::kVersionShortLinks; }
  QueueHandle create(QueueMode mode, bool subscribe = true) {
    NewQueue wanted{.mode = mode, .subscribe = subscribe};
    if (has_links()) wanted.link = NewQueue::Link{to_bytes(as_bytes("fixed")), to_bytes(as_bytes("user"))};
    auto queue = must(client->create_queue(wanted));
    must(client->add_notifier(queue));
    return queue;
  }
  struct Named {
    std::string name;
    Request request;
  };
  // A command of each kind that this version has. They view what is given.
  static std::vector<Named> commands(const QueueHandle& queue, const PrivateKey& key, const PrivateKey& dh_key) {
    std::vector<Named> all = {
        {"SUB", queue.sub()},
        {"KEY", queue.key()},
        {"NKEY", queue.by_recipient(smp::Nkey{key.public_key(), dh_key.public_key()})},
        {"NDEL", queue.by_recipient(smp::Ndel{})},
        {"GET", queue.get()},
        {"ACK", queue.by_recipient(smp::Ack{{}})},
        {"OFF", queue.off()},
        {"DEL", queue.del()},
        {"QUE", queue.by_recipient(smp::Que{})},
        {"SEND", queue.send(as_bytes("x"))},
        {"NSUB", queue.notifier->nsub()},
    };
    if (has_modes()) all.push_back({"SKEY", queue.skey()});
    if (has_links()) {
      all.push_back({"RKEY", queue.by_recipient(smp::Rkey{{key.public_key()}})});
      all.push_back({"LSET", queue.by_recipient(smp::Lset{queue.link_id->view(), {as_bytes("fixed"), as_bytes("b")}})});
      all.push_back({"LDEL", queue.by_recipient(smp::Ldel{})});
      all.push_back({"LGET", {.entity_id = queue.link_id->view(), .command = smp::Lget{}}});
      all.push_back({"LKEY",
                     {.key = &queue.sender_key,
                      .entity_id = queue.link_id->view(),
                      .command = smp::Lkey{queue.sender_key.public_key()}}});
    }
    return all;
  }
};
// BLOCKED came with version 12, its notice with 18.
INSTANTIATE_TEST_SUITE_P(Versions, Section8Blocked, testing::Values<smp::Version>(6, 9, 11, 12, 15, 17, 18, 20),
                         version_name);

TEST_P(Section8Blocked, EveryCommandOfEveryPartySaysSo) {
  const auto key = new_key();
  const auto dh_key = new_key(KeyKind::x25519);
  for (const auto mode : {QueueMode::messaging, QueueMode::contact}) {
    const auto queue = create(mode);
    // Other connections, whose gateways know the queue as it was before; on the last one something was fetched.
    const auto other = connect();
    ASSERT_EQ(ask(*other, queue.by_recipient(smp::Que{})), "INFO");
    const auto fetched = connect();
    ASSERT_EQ(ask(*fetched, queue.get()), "OK");
    ASSERT_EQ(ask(*fetched, queue.notifier->nsub()), sok());

    ASSERT_TRUE(block(queue));
    expect_event(*client, queue, blocked());
    for (auto* session : {client.get(), other.get(), fetched.get()}) {
      for (const auto& [name, request] : commands(queue, key, dh_key)) {
        EXPECT_EQ(ask(*session, request), blocked()) << name;
      }
    }
  }
}

TEST_P(Section8Blocked, WithoutNotice) {
  const auto queue = create(QueueMode::messaging);
  ASSERT_TRUE(block(queue, BlockingReason::spam, ""));
  expect_event(*client, queue, blocked("spam", ""));
  EXPECT_EQ(ask(*client, queue.sub()), blocked("spam", ""));
  EXPECT_EQ(ask(*connect(), queue.send(as_bytes("x"))), blocked("spam", ""));
}

TEST_P(Section8Blocked, WhoIsNotAuthorizedLearnsNothing) {
  const auto queue = create(QueueMode::messaging);
  ASSERT_TRUE(block(queue));
  const auto wrong = new_key();
  EXPECT_EQ(ask(*client, &wrong, queue.recipient_id.view(), smp::Sub{}), "ERR AUTH");
  EXPECT_EQ(ask(*client, &wrong, queue.sender_id.view(), smp::Send{as_bytes("F"), as_bytes("x")}), "ERR AUTH");
  EXPECT_EQ(ask(*client, &wrong, queue.notifier->id.view(), smp::Nsub{}), "ERR AUTH");
}

TEST_P(Section8Blocked, AnotherReasonReplacesTheFirst) {
  const auto queue = create(QueueMode::messaging);
  ASSERT_TRUE(block(queue));
  expect_event(*client, queue, blocked());
  ASSERT_TRUE(block(queue));
  ASSERT_TRUE(block(queue, BlockingReason::spam, ""));
  expect_event(*client, queue, blocked("spam", ""));
  EXPECT_EQ(ask(*client, queue.sub()), blocked("spam", ""));
  EXPECT_EQ(client->pending_events(), 0U) << "the same reason again is no news";
}

TEST_P(Section8Blocked, UnblockingMakesAllWorkAgainWithWhatWasStored) {
  const auto queue = create(QueueMode::messaging, false);
  const auto sender = connect();
  for (const auto* text : {"one", "two"}) ASSERT_TRUE(sender->send(queue, text));
  ASSERT_TRUE(block(queue));
  EXPECT_EQ(ask(*sender, queue.send(as_bytes("refused"))), blocked());
  EXPECT_EQ(ask(*client, queue.sub()), blocked());
  EXPECT_EQ(client->pending_events(), 0U) << "who does not subscribe is not told";

  ASSERT_TRUE(unblock(queue));
  ASSERT_TRUE(sender->send(queue, "three"));
  ASSERT_TRUE(client->subscribe(queue));
  for (const auto* text : {"one", "two", "three"}) {
    const auto message = must(client->next_message(queue));
    EXPECT_EQ(message.text(), text);
    EXPECT_TRUE(client->ack(queue, message));
  }
  EXPECT_EQ(ask(*sender, queue.notifier->nsub()), sok());
  EXPECT_EQ(ask(*client, queue.del()), "OK");
}

TEST_P(Section8Blocked, TheSubscriberStaysOne) {
  const auto queue = create(QueueMode::messaging);
  const auto sender = connect();
  for (const auto* text : {"delivered", "waiting"}) ASSERT_TRUE(sender->send(queue, text));
  const auto delivered = must(client->next_message(queue));

  ASSERT_TRUE(block(queue));
  expect_event(*client, queue, blocked());
  EXPECT_EQ(ask(*client, queue.ack(delivered.id)), blocked()) << "it is not removed";
  ASSERT_TRUE(unblock(queue));

  ASSERT_TRUE(client->ack(queue, delivered));
  const auto waiting = must(client->next_message(queue));
  EXPECT_EQ(waiting.text(), "waiting");
  ASSERT_TRUE(client->ack(queue, waiting));
  ASSERT_TRUE(sender->send(queue, "later"));
  EXPECT_EQ(must(client->next_message(queue)).text(), "later");
  EXPECT_EQ(client->pending_events(), 0U) << "each came once";
}

TEST_P(Section8Blocked, AnAdministratorDeletesWhatTheOwnerCannot) {
  const auto queue = create(QueueMode::messaging);
  ASSERT_TRUE(client->send(queue, "x"));
  must(client->next_message(queue));
  ASSERT_TRUE(block(queue));
  expect_event(*client, queue, blocked());
  EXPECT_EQ(ask(*client, queue.del()), blocked());
  ASSERT_TRUE(server.server().delete_queue(queue.sender_id));
  expect_event(*client, queue, deld());
  EXPECT_EQ(ask(*client, queue.sub()), "ERR AUTH");
  EXPECT_EQ(server.server().stored_queues(), 0U);
  EXPECT_EQ(server.server().stored_messages(), 0U);
}

TEST_P(Section8Blocked, LinkDataIsThereAgainAfterwards) {
  if (!has_links()) return;
  const auto queue = create(QueueMode::contact);
  const Request lget{.entity_id = queue.link_id->view(), .command = smp::Lget{}};
  ASSERT_EQ(ask(*client, lget), "LNK");
  ASSERT_TRUE(block(queue));
  EXPECT_EQ(ask(*connect(), lget), blocked());
  ASSERT_TRUE(unblock(queue));
  EXPECT_EQ(ask(*connect(), lget), "LNK");
}

}  // namespace
}  // namespace sotto::test
