// SUB and NSUB: docs/wire.md section 9.
#include "services/queue/domain/engine_fixture.hpp"

namespace sotto::queue {
namespace {

class EngineSubscriptions : public EngineFixture {};

TEST_F(EngineSubscriptions, SubscribeAnswersHowManyMessagesWait) {
  const QueueRecord record = queue();
  EXPECT_EQ(run(kAlice, record, backend::Subscribe{}).messages, 0U);
  send(record, 2);
  const OperationResult result = run(kAlice, record, backend::Subscribe{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.messages, 2U);
  EXPECT_EQ(result.message, nullptr);
  EXPECT_TRUE(effects_.empty()) << "the same session again";
}

TEST_F(EngineSubscriptions, AnotherSessionTakesOver) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  run(kBob, record, backend::Subscribe{});
  const auto* ended = only_event<backend::Ended>(kAlice);
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->role, Role::recipient);
  EXPECT_EQ(ended->id, record.recipient_id.bytes);
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kBob);
  send(record, values_.message());
  EXPECT_NE(only_event<backend::MessageReady>(kBob), nullptr);
}

TEST_F(EngineSubscriptions, ResumingNeedsNoVersionAndGivesWayToANewerConnection) {
  const QueueRecord record = queue();
  send(record, 1);
  const OperationResult resumed = run_at(kAlice, record, 0, backend::Subscribe{.resume = true});
  EXPECT_EQ(resumed.outcome, Outcome::ok);
  EXPECT_EQ(resumed.messages, 1U);
  EXPECT_EQ(run_at(kAlice, record, 0, backend::Subscribe{}).outcome, Outcome::stale);

  EXPECT_EQ(run(kBob, record, backend::Subscribe{.resume = true}).outcome, Outcome::ok);
  EXPECT_TRUE(effects_.empty()) << "the former one finds out when it resumes";
  EXPECT_EQ(run(kAlice, record, backend::Subscribe{.resume = true}).outcome, Outcome::refused);
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kBob);
}

TEST_F(EngineSubscriptions, OnlyTheSubscriberFetchesAndHasTheNextMessage) {
  const QueueRecord record = queue();
  const auto messages = send(record, 2);
  run(kBob, record, backend::Subscribe{});
  EXPECT_EQ(run(kAlice, record, backend::Fetch{.if_subscribed = true}).outcome, Outcome::refused);
  const OperationResult acked = run(kAlice, record, backend::Ack{.message_id = messages[0]->id, .then_next = true});
  EXPECT_EQ(acked.outcome, Outcome::ok);
  EXPECT_EQ(acked.message, nullptr);
  EXPECT_EQ(run(kBob, record, backend::Fetch{.if_subscribed = true}).message, messages[1]);
}

TEST_F(EngineSubscriptions, SuspendedQueueCanBeSubscribed) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Suspend{});
  EXPECT_EQ(outcome_of(record, backend::Subscribe{}), Outcome::ok);
}

TEST_F(EngineSubscriptions, NotifierSubscribesThroughTheNotificationService) {
  const QueueRecord record = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  EXPECT_EQ(outcome_of(record, backend::SubscribeNotifier{}), Outcome::ok);
  const auto* subscribe = only_effect<SubscribeToNotifier>();
  ASSERT_NE(subscribe, nullptr);
  EXPECT_EQ(subscribe->notifier.id, record.notifier->id);
  EXPECT_EQ(subscribe->session, kAlice);
  EXPECT_EQ(outcome_of(queue(), backend::SubscribeNotifier{}), Outcome::refused);

  EXPECT_EQ(
      run_at(kAlice, record, 0, backend::SubscribeNotifier{.resume = true, .notifier = record.notifier->id}).outcome,
      Outcome::ok);
  EXPECT_EQ(run_at(kAlice, record, 0, backend::SubscribeNotifier{.resume = true, .notifier = values_.id<NotifierId>()})
                .outcome,
            Outcome::refused)
      << "the queue has another notifier by now";
}

}  // namespace
}  // namespace sotto::queue
