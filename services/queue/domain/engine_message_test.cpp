// SEND, ACK, GET, QUE, the quota, and expiry on send: docs/wire.md sections 8 and 9.
#include "services/queue/domain/engine_fixture.hpp"

namespace sotto::queue {
namespace {

class EngineMessages : public EngineFixture {
 protected:
  MessagePtr head(const QueueRecord& record) { return run(kAlice, record, backend::Fetch{}).message; }
  // The ACK of the oldest message; what is the oldest then.
  MessagePtr acknowledge(const QueueRecord& record) {
    const MessagePtr oldest = head(record);
    run(kAlice, record, backend::Subscribe{});
    return run(kAlice, record, backend::Ack{.message_id = oldest->id, .then_next = true}).message;
  }
};

// ---- SEND

TEST_F(EngineMessages, SendKeepsTheMessageAsItIs) {
  const QueueRecord record = queue();
  const auto message = values_.message(kTestSeconds, 16122);
  EXPECT_EQ(send(record, message), Outcome::ok);
  EXPECT_EQ(head(record), message) << "the body was copied";
  EXPECT_EQ(stored(record)->version, 1U);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(EngineMessages, SendToAQueueThatIsOffIsRefused) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Suspend{});
  EXPECT_EQ(send(record, values_.message()), Outcome::refused);
  EXPECT_EQ(state(record), QueueState{});
}

TEST_F(EngineMessages, OnlyTheMessageThatFindsTheQueueEmptyIsReady) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  const auto message = values_.message();
  send(record, message);
  const auto* ready = only_event<backend::MessageReady>(kAlice);
  ASSERT_NE(ready, nullptr);
  EXPECT_EQ(ready->queue, record.recipient_id);
  EXPECT_EQ(ready->message, message);

  send(record, values_.message());
  EXPECT_TRUE(effects_.empty());
  acknowledge(record);
  acknowledge(record);
  send(record, values_.message(), kAlice);
  EXPECT_NE(only_event<backend::MessageReady>(kAlice), nullptr) << "a session may send to itself";
}

TEST_F(EngineMessages, NotificationGoesToTheNotifier) {
  const QueueRecord record = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  const auto notification = values_.notification();
  run(kBob, record, backend::Append{.message = values_.message(), .notification = notification});
  const auto* push = only_effect<PushNotification>();
  ASSERT_NE(push, nullptr);
  EXPECT_EQ(push->notifier.id, record.notifier->id);
  EXPECT_EQ(push->notification, notification);

  send(record, values_.message());
  EXPECT_TRUE(effects_.empty()) << "a message without the notification flag";
}

TEST_F(EngineMessages, NotificationWithoutNotifierGoesNowhere) {
  const QueueRecord record = queue();
  run(kBob, record, backend::Append{.message = values_.message(), .notification = values_.notification()});
  EXPECT_TRUE(effects_.empty());
}

// ---- quota

TEST_F(EngineMessages, QuotaCycle) {
  rules_.quota = 3;
  const QueueRecord record = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  const auto sent = send(record, 3);
  EXPECT_EQ(state(record), (QueueState{.messages = 3, .full = false}));

  const auto refused = values_.message(kTestSeconds + 5);
  EXPECT_EQ(outcome_of(record, backend::Append{.message = refused, .notification = values_.notification()}),
            Outcome::quota);
  EXPECT_TRUE(effects_.empty()) << "no notification of a message that was not taken";
  EXPECT_EQ(state(record), (QueueState{.messages = 4, .full = true}));
  EXPECT_EQ(send(record, values_.message()), Outcome::quota);
  EXPECT_EQ(state(record).messages, 4U) << "one marker only";

  EXPECT_EQ(head(record)->id, sent[0]->id);
  EXPECT_EQ(acknowledge(record)->id, sent[1]->id);
  EXPECT_EQ(acknowledge(record)->id, sent[2]->id);
  EXPECT_EQ(send(record, values_.message()), Outcome::quota) << "the queue was not emptied yet";
  const MessagePtr marker = acknowledge(record);
  ASSERT_NE(marker, nullptr);
  EXPECT_EQ(marker->kind, backend::MessageKind::quota);
  EXPECT_EQ(marker->seconds, kTestSeconds + 5);
  EXPECT_NE(marker->id, refused->id);
  EXPECT_TRUE(marker->body.empty());
  EXPECT_EQ(send(record, values_.message()), Outcome::quota) << "the marker is still there";

  EXPECT_EQ(acknowledge(record), nullptr);
  EXPECT_EQ(state(record), QueueState{});
  send(record, 3);
  EXPECT_EQ(send(record, values_.message()), Outcome::quota);
}

TEST_F(EngineMessages, MarkersHaveIdsOfTheirOwn) {
  rules_.quota = 1;
  std::vector<MessageId> ids;
  for (int i = 0; i < 2; ++i) {
    const QueueRecord record = queue();
    send(record, 1);
    send(record, values_.message());
    ids.push_back(acknowledge(record)->id);
  }
  EXPECT_NE(ids[0], ids[1]);
}

TEST_F(EngineMessages, ExpiredMessagesCountForTheQuotaUnlessTheyExpireOnSend) {
  rules_.quota = 2;
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  send(record, 2);
  send(record, values_.message());
  clock_.advance(rules_.message_lifetime + std::chrono::seconds(1));
  EXPECT_EQ(send(record, values_.message()), Outcome::quota);

  rules_.expire_on_send = true;
  const auto message = values_.message(unix_seconds(clock_.system_now()));
  EXPECT_EQ(send(record, message), Outcome::ok);
  EXPECT_EQ(expired_, 3U);
  EXPECT_EQ(state(record), (QueueState{.messages = 1, .full = false}));
  ASSERT_NE(only_event<backend::MessageReady>(kAlice), nullptr);
  EXPECT_EQ(only_event<backend::MessageReady>(kAlice)->message, message);
}

TEST_F(EngineMessages, ExpireOnSendKeepsMessagesOfTheirLastSecond) {
  rules_.quota = 1;
  rules_.expire_on_send = true;
  const QueueRecord record = queue();
  send(record, 1);
  clock_.advance(rules_.message_lifetime);
  EXPECT_EQ(send(record, values_.message()), Outcome::quota);
  EXPECT_EQ(expired_, 0U);
}

// ---- ACK

TEST_F(EngineMessages, AckRemovesTheOldestAndAnswersTheNext) {
  const QueueRecord record = queue();
  const auto sent = send(record, 3);
  run(kAlice, record, backend::Subscribe{});
  OperationResult result = run(kAlice, record, backend::Ack{.message_id = sent[0]->id, .then_next = true});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.message, sent[1]);
  result = run(kAlice, record, backend::Ack{.message_id = sent[1]->id, .then_next = false});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.message, nullptr);
  EXPECT_EQ(state(record).messages, 1U);
  result = run(kAlice, record, backend::Ack{.message_id = sent[2]->id, .then_next = true});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.message, nullptr);
}

TEST_F(EngineMessages, AckOfAnotherMessageRemovesNothing) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  const backend::Ack unknown{.message_id = values_.id<MessageId>(), .then_next = true};
  EXPECT_EQ(run(kAlice, record, unknown).message, nullptr);
  const auto sent = send(record, 2);
  EXPECT_EQ(run(kAlice, record, unknown).message, sent[0]);
  EXPECT_EQ(run(kAlice, record, backend::Ack{.message_id = sent[1]->id, .then_next = true}).message, sent[0]);
  EXPECT_EQ(run(kAlice, record, backend::Ack{.message_id = sent[1]->id, .then_next = false}).message, nullptr);
  EXPECT_EQ(state(record).messages, 2U);
}

// ---- GET and QUE

TEST_F(EngineMessages, FetchChangesNothing) {
  const QueueRecord record = queue();
  EXPECT_EQ(run(kAlice, record, backend::Fetch{}).message, nullptr);
  const auto sent = send(record, 2);
  for (int i = 0; i < 2; ++i) {
    const OperationResult result = run(kAlice, record, backend::Fetch{});
    EXPECT_EQ(result.outcome, Outcome::ok);
    EXPECT_EQ(result.message, sent[0]);
  }
  EXPECT_EQ(state(record).messages, 2U);
}

TEST_F(EngineMessages, FetchForTheSubscriberOnly) {
  const QueueRecord record = queue();
  const auto sent = send(record, 1);
  const backend::Fetch fetch{.if_subscribed = true};
  run(kAlice, record, backend::Subscribe{});
  EXPECT_EQ(run(kAlice, record, fetch).message, sent[0]);
  const OperationResult others = run(kBob, record, fetch);
  EXPECT_EQ(others.outcome, Outcome::refused);
  EXPECT_EQ(others.message, nullptr);
}

// As after the loss of a directory: who fetches had subscribed before.
TEST_F(EngineMessages, WhoFetchesWithoutASubscriberBecomesIt) {
  const QueueRecord record = queue();
  const auto sent = send(record, 1);
  const backend::Fetch fetch{.if_subscribed = true};
  EXPECT_EQ(run(kAlice, record, fetch).message, sent[0]);
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kAlice);
  EXPECT_EQ(run(kBob, record, fetch).outcome, Outcome::refused);
}

TEST_F(EngineMessages, Inspect) {
  const QueueRecord record = queue();
  OperationResult result = run(kAlice, record, backend::Inspect{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.messages, 0U);
  EXPECT_EQ(result.message, nullptr);
  EXPECT_FALSE(result.subscribed);

  const auto sent = send(record, 2);
  run(kBob, record, backend::Subscribe{});
  result = run(kAlice, record, backend::Inspect{});
  EXPECT_EQ(result.messages, 2U);
  EXPECT_EQ(result.message, sent[0]);
  EXPECT_TRUE(result.subscribed);
}

}  // namespace
}  // namespace sotto::queue
