// Blocking and unblocking: docs/wire.md section 8, libs/backend/queue_backend.hpp. That a blocked queue refuses what
// clients do is in engine_record_test.cpp.
#include "services/queue/domain/engine_fixture.hpp"

namespace sotto::queue {
namespace {

using backend::BlockingReason;

class EngineBlocks : public EngineFixture {
 protected:
  static backend::Blocking content() { return {.reason = BlockingReason::content, .notice_json = R"({"ttl":5})"}; }
  void block(const QueueRecord& record) {
    ASSERT_EQ(outcome_of(record, backend::Block{content()}, kAdmin), Outcome::ok);
  }
  Outcome unblock(const QueueRecord& record) { return outcome_of(record, backend::Unblock{}, kAdmin); }
  MessagePtr head(const QueueRecord& record) { return store_.begin({}).value()->head(record.recipient_id).value(); }

  static constexpr SessionRef kAdmin{};
};

TEST_F(EngineBlocks, KeepsEverythingAndTellsTheSubscriber) {
  const QueueRecord record = linked_queue(QueueMode::contact);
  send(record, 2);
  run(kAlice, record, backend::Subscribe{});

  const OperationResult result = run(kAdmin, record, backend::Block{content()});
  EXPECT_EQ(result.outcome, Outcome::ok);
  QueueRecord expected = record;
  expected.status = QueueStatus::blocked;
  expected.blocking = content();
  expected.version = record.version + 1;
  EXPECT_TRUE(*result.record == expected);
  EXPECT_TRUE(*stored(record) == expected);
  EXPECT_EQ(state(record).messages, 2U);
  EXPECT_NE(stored_link(record), std::nullopt);
  const auto* event = only_event<backend::Blocked>(kAlice);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->queue, record.recipient_id);
  EXPECT_TRUE(event->blocking == content());
  EXPECT_EQ(directory_.subscriptions(), 1U);
}

TEST_F(EngineBlocks, WhatWasVerifiedBeforeIsStale) {
  const QueueRecord record = queue();
  block(record);
  const auto before = run_at(kAlice, record, record.version, backend::Subscribe{});
  EXPECT_EQ(before.outcome, Outcome::stale);
  EXPECT_EQ(before.record->status, QueueStatus::blocked);
  const std::uint64_t blocked_version = stored(record)->version;
  EXPECT_EQ(unblock(record), Outcome::ok);
  EXPECT_EQ(run_at(kAlice, record, blocked_version, backend::Subscribe{}).outcome, Outcome::stale);
}

TEST_F(EngineBlocks, AnAdministratorsOperationCanBeStaleToo) {
  const QueueRecord record = queue();
  for (const backend::Action& action :
       std::vector<backend::Action>{backend::Block{content()}, backend::Unblock{}, backend::Remove{}}) {
    EXPECT_EQ(run_at(kAdmin, record, 99, action).outcome, Outcome::stale);
    EXPECT_TRUE(*stored(record) == record);
  }
}

TEST_F(EngineBlocks, BlockingAgainReplacesReasonAndNotice) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  block(record);
  const auto version = stored(record)->version;

  EXPECT_EQ(run(kAdmin, record, backend::Block{content()}).outcome, Outcome::ok);
  EXPECT_EQ(stored(record)->version, version) << "the same ones change nothing";
  EXPECT_TRUE(effects_.empty());

  EXPECT_EQ(run(kAdmin, record, backend::Block{}).outcome, Outcome::ok);
  EXPECT_EQ(stored(record)->version, version + 1);
  EXPECT_TRUE(stored(record)->blocking == backend::Blocking{});
  ASSERT_NE(only_event<backend::Blocked>(kAlice), nullptr);
  EXPECT_EQ(only_event<backend::Blocked>(kAlice)->blocking.reason, BlockingReason::spam);
}

TEST_F(EngineBlocks, UnblockingMakesItActive) {
  const QueueRecord record = queue();
  block(record);
  const OperationResult result = run(kAdmin, record, backend::Unblock{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  QueueRecord expected = record;
  expected.version = record.version + 2;
  EXPECT_TRUE(*stored(record) == expected);
  EXPECT_TRUE(*result.record == expected);
  EXPECT_TRUE(effects_.empty());
  EXPECT_EQ(send(record, values_.message()), Outcome::ok);
}

TEST_F(EngineBlocks, UnblockingWhatIsNotBlockedChangesNothing) {
  const QueueRecord active = queue();
  const QueueRecord off = queue(QueueMode::messaging, [](QueueRecord& r) { r.status = QueueStatus::off; });
  for (const auto& record : {active, off}) {
    EXPECT_EQ(unblock(record), Outcome::ok);
    EXPECT_TRUE(*stored(record) == record);
    EXPECT_TRUE(effects_.empty());
  }
}

// As in other servers: a block takes the place of OFF.
TEST_F(EngineBlocks, AQueueThatWasOffIsActiveAfterwards) {
  const QueueRecord record = queue(QueueMode::messaging, [](QueueRecord& r) { r.status = QueueStatus::off; });
  block(record);
  EXPECT_EQ(unblock(record), Outcome::ok);
  EXPECT_EQ(stored(record)->status, QueueStatus::active);
}

TEST_F(EngineBlocks, CountsQueuesThatChangedSides) {
  const QueueRecord record = queue();
  const auto outcome =
      execute(kAdmin, {{.queue = record.recipient_id, .version = 1, .action = backend::Unblock{}},
                       {.queue = record.recipient_id, .version = 1, .action = backend::Block{}},
                       {.queue = record.recipient_id, .version = 2, .action = backend::Block{content()}},
                       {.queue = record.recipient_id, .version = 3, .action = backend::Unblock{}},
                       {.queue = record.recipient_id, .version = 4, .action = backend::Unblock{}}});
  for (const auto& result : outcome.results) EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(outcome.blocked, 1U);
  EXPECT_EQ(outcome.unblocked, 1U);
}

TEST_F(EngineBlocks, RemovesABlockedQueueAndTellsItsSubscribers) {
  const QueueRecord record = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  send(record, 1);
  run(kAlice, record, backend::Subscribe{});
  block(record);
  EXPECT_EQ(outcome_of(record, backend::Delete{}), Outcome::blocked) << "for its owner";
  EXPECT_EQ(run(kAdmin, record, backend::Remove{}).outcome, Outcome::ok);
  EXPECT_EQ(stored(record), nullptr);
  ASSERT_EQ(effects_.size(), 2U);
  const auto& told = std::get<SendEvent>(effects_.at(0));
  EXPECT_EQ(told.to, kAlice);
  EXPECT_TRUE(std::holds_alternative<backend::Deleted>(told.event));
  EXPECT_EQ(std::get<RemoveNotifier>(effects_.at(1)).notifier.id, record.notifier->id);
}

TEST_F(EngineBlocks, RemovesAQueueThatIsNotBlocked) {
  const QueueRecord record = queue();
  EXPECT_EQ(run(kAdmin, record, backend::Remove{}).outcome, Outcome::ok);
  EXPECT_EQ(stored(record), nullptr);
}

// ---- the subscriber of a blocked queue

TEST_F(EngineBlocks, StaysTheSubscriberAndHearsOfWhatWasStored) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  const auto sent = send(record, 1);
  block(record);
  EXPECT_EQ(unblock(record), Outcome::ok);
  const auto* ready = only_event<backend::MessageReady>(kAlice);
  ASSERT_NE(ready, nullptr);
  EXPECT_EQ(ready->message, nullptr) << "to be fetched: the gateway knows what it has delivered";
  EXPECT_EQ(head(record)->id, sent.front()->id);
  EXPECT_EQ(outcome_of(record, backend::Fetch{.if_subscribed = true}), Outcome::ok);
}

TEST_F(EngineBlocks, ResumesAfterTheDirectoryLostIt) {
  const QueueRecord record = queue();
  block(record);
  EXPECT_EQ(run_at(kAlice, record, 0, backend::Subscribe{.resume = true}).outcome, Outcome::blocked);
  EXPECT_EQ(directory_.subscriptions(), 1U);
  EXPECT_EQ(unblock(record), Outcome::ok);
  send(record, 1);
  EXPECT_NE(only_event<backend::MessageReady>(kAlice), nullptr);
}

TEST_F(EngineBlocks, DoesNotResumeWhatAnotherSessionHas) {
  const QueueRecord record = queue();
  run(kBob, record, backend::Subscribe{});  // the newer one of the two
  block(record);
  EXPECT_EQ(run_at(kAlice, record, 0, backend::Subscribe{.resume = true}).outcome, Outcome::refused);
  EXPECT_EQ(outcome_of(record, backend::Fetch{.if_subscribed = true}), Outcome::refused);
  EXPECT_EQ(outcome_of(record, backend::Fetch{.if_subscribed = true}, kBob), Outcome::blocked);
}

TEST_F(EngineBlocks, NotifierResumesToo) {
  const QueueRecord record = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  block(record);
  const backend::SubscribeNotifier resume{.resume = true, .notifier = record.notifier->id};
  EXPECT_EQ(run_at(kAlice, record, 0, resume).outcome, Outcome::blocked);
  ASSERT_NE(only_effect<SubscribeToNotifier>(), nullptr);
  EXPECT_TRUE(only_effect<SubscribeToNotifier>()->resume);
  const backend::SubscribeNotifier former{.resume = true, .notifier = values_.id<NotifierId>()};
  EXPECT_EQ(run_at(kAlice, record, 0, former).outcome, Outcome::refused);
}

}  // namespace
}  // namespace sotto::queue
