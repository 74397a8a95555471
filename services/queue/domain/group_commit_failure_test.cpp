// What is left when the store fails: nothing of the group, neither in the store, nor in the directory, nor outside; and
// everything works again afterwards. The store fails as FaultyStore says (group_commit_fixture.hpp).
#include "services/queue/domain/group_commit_fixture.hpp"

namespace sotto::queue {
namespace {

using testing::ElementsAre;

class GroupCommitFailures : public GroupCommitFixture {
 protected:
  void TearDown() override { EXPECT_EQ(store_.misused, 0) << "a transaction was used after it had failed"; }
};

TEST_F(GroupCommitFailures, FailedCommitLeavesNothingBehind) {
  const QueueRecord record = queue();
  const QueueRecord created = values_.record();
  start();
  ask(kAlice, record, backend::Subscribe{});
  store_.fail_commit = true;
  Hold hold(commit());
  auto sent = submit(kSender, record, message());
  auto taken_over = submit(kBob, record, backend::Subscribe{});
  auto made = submit(kBob, created, backend::Create{.record = created, .link = {}, .subscribe = true});
  auto deleted = submit(kBob, record, backend::Delete{});
  auto read = submit(kBob, record, backend::Inspect{});
  hold.release();
  for (auto* results : {&sent, &taken_over, &made, &deleted, &read}) EXPECT_EQ(outcome(*results), Outcome::unavailable);
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "9 done", "2 done", "2 done", "2 done", "2 done")) << "an event";
  EXPECT_EQ(commit().counters().store_failures, 1U);
  EXPECT_EQ(store_.totals(), (StoreTotals{.queues = 1, .messages = 0}));

  store_.fail_commit = false;
  const OperationResult inspected = ask(kBob, record, backend::Inspect{});
  EXPECT_EQ(inspected.outcome, Outcome::ok);
  EXPECT_EQ(inspected.messages, 0U);
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::ok);
  settle();
  EXPECT_EQ(world_.log().back(), "1 MessageReady") << "the subscriber is who it was";
  commit().stop();
  EXPECT_EQ(directory_.subscriber_of(created.recipient_id), std::nullopt);
  EXPECT_EQ(directory_.subscriptions(), 1U);
}

TEST_F(GroupCommitFailures, BatchesBeforeTheFirstWriteDoNotDependOnTheCommit) {
  const QueueRecord record = queue();
  start();
  store_.fail_commit = true;
  Hold hold(commit());
  auto subscribed = submit(kAlice, record, backend::Subscribe{});
  auto sent = submit(kSender, record, message());
  hold.release();
  EXPECT_EQ(outcome(subscribed), Outcome::ok);
  EXPECT_EQ(outcome(sent), Outcome::unavailable);
  commit().stop();
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kAlice);
}

TEST_F(GroupCommitFailures, WithoutTransactionEverythingIsUnavailable) {
  const QueueRecord record = queue();
  start();
  store_.fail_begin = true;
  Hold hold(commit());
  auto subscribed = submit(kAlice, record, backend::Subscribe{});
  auto sent = submit(kSender, record, message());
  hold.release();
  EXPECT_EQ(outcome(subscribed), Outcome::unavailable);
  EXPECT_EQ(outcome(sent), Outcome::unavailable);
  store_.fail_begin = false;
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::ok);
  commit().stop();
  EXPECT_EQ(directory_.subscriptions(), 0U);
}

TEST_F(GroupCommitFailures, QueueThatCannotBeReadDoesNotFailItsNeighbours) {
  const QueueRecord healthy = queue();
  const QueueRecord broken = queue();
  store_.unreadable = broken.recipient_id;
  start();
  Hold hold(commit());
  auto subscribed = submit(kAlice, healthy, backend::Subscribe{});
  auto before = submit(kSender, healthy, message());
  auto failed = submit(kBob, {{.queue = healthy.recipient_id, .version = 1, .action = backend::Subscribe{}},
                              {.queue = broken.recipient_id, .version = 1, .action = backend::Inspect{}},
                              {.queue = healthy.recipient_id, .version = 1, .action = message()}});
  auto after = submit(kSender, healthy, message());
  hold.release();
  EXPECT_EQ(outcome(subscribed), Outcome::ok);
  EXPECT_EQ(outcome(before), Outcome::ok);
  for (const auto& result : failed.get()) EXPECT_EQ(result.outcome, Outcome::unavailable);
  EXPECT_EQ(outcome(after), Outcome::ok);
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "9 done", "1 MessageReady", "2 done", "9 done"));
  EXPECT_EQ(store_.totals().messages, 2U);
  commit().stop();
  EXPECT_EQ(directory_.subscriber_of(healthy.recipient_id), kAlice);
}

TEST_F(GroupCommitFailures, AnIdThatIsTakenAfterAllDoesNotFailItsNeighbours) {
  const QueueRecord record = queue();
  const QueueRecord clashing = values_.record();
  const QueueRecord made = values_.record();
  store_.taken = clashing.recipient_id;
  start();
  Hold hold(commit());
  auto sent = submit(kSender, record, message());
  auto clashes = submit(kBob, clashing, backend::Create{.record = clashing, .link = {}, .subscribe = true});
  auto succeeds = submit(kBob, made, backend::Create{.record = made, .link = {}, .subscribe = true});
  hold.release();
  EXPECT_EQ(outcome(sent), Outcome::ok);
  EXPECT_EQ(outcome(clashes), Outcome::unavailable);
  EXPECT_EQ(outcome(succeeds), Outcome::ok);
  settle();
  EXPECT_EQ(store_.totals(), (StoreTotals{.queues = 2, .messages = 1})) << "each once";
  commit().stop();
  EXPECT_EQ(directory_.subscriber_of(clashing.recipient_id), std::nullopt);
  EXPECT_EQ(directory_.subscriber_of(made.recipient_id), kBob);
}

TEST_F(GroupCommitFailures, FailedWriteIsUnavailableAndLeavesNothingBehind) {
  const QueueRecord record = queue();
  start();
  store_.fail_append = true;
  const auto results =
      submit(kAlice, {{.queue = record.recipient_id, .version = 1, .action = backend::Secure{.key = values_.key()}},
                      {.queue = record.recipient_id, .version = 2, .action = backend::Subscribe{}},
                      {.queue = record.recipient_id, .version = 2, .action = message()}})
          .get();
  EXPECT_EQ(results.at(0).outcome, Outcome::unavailable);
  EXPECT_EQ(results.at(0).record, nullptr);
  store_.fail_append = false;
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::ok) << "the record is as it was";
}

TEST_F(GroupCommitFailures, SessionEndsInAFailedGroupToo) {
  const QueueRecord record = queue();
  start();
  ask(kAlice, record, backend::Subscribe{});
  store_.fail_commit = true;
  {
    Hold hold(commit());
    submit(kSender, record, message());
    commit().end_session(kAlice);
  }
  settle();
  EXPECT_EQ(world_.log().back(), "1 has left");
  store_.fail_begin = true;
  {
    Hold hold(commit());
    commit().end_session(kBob);
  }
  settle();
  EXPECT_EQ(world_.log().back(), "2 has left");
  commit().stop();
  EXPECT_EQ(directory_.subscriptions(), 0U);
}

TEST_F(GroupCommitFailures, FailedExpiryGoesOnWithTheNextRun) {
  const QueueRecord record = queue();
  append(record, 5, kTestSeconds);
  start();
  clock_.advance(std::chrono::days(22));
  store_.fail_commit = true;
  EXPECT_EQ(commit().expire_now(), 0U);
  store_.fail_commit = false;
  store_.fail_begin = true;
  EXPECT_EQ(commit().expire_now(), 0U);
  store_.fail_begin = false;
  EXPECT_EQ(store_.totals().messages, 5U);
  EXPECT_EQ(commit().expire_now(), 5U);
  EXPECT_EQ(commit().counters().store_failures, 2U);
}

}  // namespace
}  // namespace sotto::queue
