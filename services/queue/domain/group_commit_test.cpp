#include "services/queue/domain/group_commit.hpp"

#include <algorithm>
#include <thread>

#include "services/queue/domain/group_commit_fixture.hpp"

namespace sotto::queue {
namespace {

using testing::ElementsAre;

class GroupCommitTest : public GroupCommitFixture {};

TEST_F(GroupCommitTest, AnswersEveryOperationOfABatchInOrder) {
  const QueueRecord record = queue();
  start();
  const auto sent = message();
  const auto results = submit(kSender, {{.queue = record.recipient_id, .version = 1, .action = sent},
                                        {.queue = record.recipient_id, .version = 5, .action = backend::Suspend{}},
                                        {.queue = record.recipient_id, .version = 1, .action = backend::Inspect{}}})
                           .get();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].outcome, Outcome::ok);
  EXPECT_EQ(results[1].outcome, Outcome::stale);
  EXPECT_EQ(results[2].outcome, Outcome::ok);
  EXPECT_EQ(results[2].message, sent.message);
}

TEST_F(GroupCommitTest, BatchWithoutOperationsIsAnswered) {
  start();
  EXPECT_TRUE(submit(kAlice, {}).get().empty());
}

TEST_F(GroupCommitTest, CompletionMaySubmit) {
  const QueueRecord record = queue();
  start();
  std::promise<Outcome> inner;
  commit().submit({.session = kAlice, .operations = {}, .done = [&](const auto&) {
                     commit().submit(
                         {.session = kAlice,
                          .operations = {{.queue = record.recipient_id, .version = 1, .action = backend::Inspect{}}},
                          .done = [&](const auto& results) { inner.set_value(results.at(0).outcome); }});
                   }});
  EXPECT_EQ(inner.get_future().get(), Outcome::ok);
}

// ---- groups and commits

TEST_F(GroupCommitTest, ManyBatchesShareOneCommit) {
  const QueueRecord record = queue();
  start();
  Hold hold(commit());
  for (int i = 0; i < 50; ++i) submit(kSender, record, message());
  const auto groups = commit().counters().groups.load();
  hold.release();
  settle();
  EXPECT_EQ(commit().counters().commits, 1U);
  EXPECT_GE(commit().counters().groups, groups + 1);
  EXPECT_EQ(store_.totals().messages, 50U);
}

TEST_F(GroupCommitTest, GroupWithoutWritesCommitsNothing) {
  const QueueRecord record = queue();
  store_.on_commit = [] { ADD_FAILURE() << "nothing was written"; };
  start();
  Hold hold(commit());
  auto subscribed = submit(kAlice, record, backend::Subscribe{});
  auto inspected = submit(kBob, record, backend::Inspect{});
  auto unknown = submit(kBob, values_.record(), backend::Suspend{});
  hold.release();
  EXPECT_EQ(outcome(subscribed), Outcome::ok);
  EXPECT_TRUE(inspected.get().at(0).subscribed);
  EXPECT_EQ(outcome(unknown), Outcome::gone);
  EXPECT_EQ(commit().counters().commits, 0U);
}

TEST_F(GroupCommitTest, ReadsBeforeTheFirstWriteDoNotWaitForTheCommit) {
  const QueueRecord record = queue();
  std::promise<void> read_answered;
  // A read that waited for this commit would never be answered.
  store_.on_commit = [&] { read_answered.get_future().wait(); };
  start();
  Hold hold(commit());
  auto read = submit(kAlice, record, backend::Subscribe{});
  auto written = submit(kSender, record, message());
  hold.release();
  EXPECT_EQ(outcome(read), Outcome::ok);
  read_answered.set_value();
  EXPECT_EQ(outcome(written), Outcome::ok);
}

TEST_F(GroupCommitTest, WritesAreAnsweredAfterTheCommit) {
  const QueueRecord record = queue();
  std::atomic<bool> committed{false};
  store_.on_commit = [&] { committed = true; };
  start();
  std::promise<bool> seen;
  commit().submit({.session = kSender,
                   .operations = {{.queue = record.recipient_id, .version = 1, .action = message()}},
                   .done = [&](const auto&) { seen.set_value(committed); }});
  EXPECT_TRUE(seen.get_future().get());
}

TEST_F(GroupCommitTest, GroupsAreBoundedByOperations) {
  settings_.max_group_operations = 4;
  const QueueRecord record = queue();
  start();
  Hold hold(commit());
  for (int i = 0; i < 10; ++i) submit(kSender, record, message());
  hold.release();
  settle();
  EXPECT_EQ(commit().counters().commits, 3U);
  EXPECT_EQ(store_.totals().messages, 10U);
}

TEST_F(GroupCommitTest, GroupsAreBoundedByBytes) {
  settings_.max_group_bytes = 20'000;
  const QueueRecord record = queue();
  start();
  Hold hold(commit());
  for (int i = 0; i < 6; ++i) {
    submit(kSender, record, backend::Append{.message = values_.message(kTestSeconds, 10'000), .notification = {}});
  }
  hold.release();
  settle();
  EXPECT_EQ(commit().counters().commits, 3U);
}

TEST_F(GroupCommitTest, BatchBeyondTheBoundOfAGroupIsExecutedWhole) {
  settings_.max_group_operations = 2;
  const QueueRecord record = queue();
  start();
  std::vector<backend::Operation> operations;
  for (int i = 0; i < 9; ++i) operations.push_back({record.recipient_id, 1, message()});
  EXPECT_EQ(submit(kSender, std::move(operations)).get().size(), 9U);
  EXPECT_EQ(commit().counters().commits, 1U);
}

TEST_F(GroupCommitTest, TooMuchThatWaitsIsAnsweredUnavailableInItsPlace) {
  settings_.max_queued_operations = 2;
  const QueueRecord record = queue();
  start();
  {
    Hold hold(commit());
    auto first = submit(kAlice, record, message());
    auto second = submit(kAlice, record, message());
    auto third = submit(kBob, record, message());
    hold.release();
    EXPECT_EQ(outcome(first), Outcome::ok);
    EXPECT_EQ(outcome(second), Outcome::ok);
    EXPECT_EQ(outcome(third), Outcome::unavailable);
  }
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "1 done", "2 done"));
  EXPECT_EQ(commit().counters().overloaded, 1U);
  EXPECT_EQ(store_.totals().messages, 2U);
  EXPECT_EQ(ask(kBob, record, message()).outcome, Outcome::ok) << "there is room again";
}

TEST_F(GroupCommitTest, BytesThatWaitAreBoundedToo) {
  settings_.max_queued_bytes = 1000;
  const QueueRecord record = queue();
  start();
  const backend::Append large{.message = values_.message(kTestSeconds, 700), .notification = {}};
  for (int round = 0; round < 2; ++round) {
    Hold hold(commit());
    auto first = submit(kAlice, record, large);
    auto second = submit(kAlice, record, large);
    hold.release();
    EXPECT_EQ(outcome(first), Outcome::ok);
    EXPECT_EQ(outcome(second), Outcome::unavailable);
    settle();
  }
}

// ---- order, within one group

TEST_F(GroupCommitTest, SendReachesWhoSubscribedEarlierInTheGroup) {
  const QueueRecord record = queue();
  const QueueRecord another = queue();
  start();
  Hold hold(commit());
  submit(kSender, another, message());  // so that the group is not finished before its commit
  submit(kAlice, record, backend::Subscribe{});
  submit(kSender, record, message());
  hold.release();
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("9 done", "1 done", "9 done", "1 MessageReady"));
}

TEST_F(GroupCommitTest, TakeOverWithinAGroup) {
  const QueueRecord record = queue();
  start();
  Hold hold(commit());
  submit(kAlice, record, backend::Subscribe{});
  submit(kBob, record, backend::Subscribe{});
  submit(kSender, record, message());
  hold.release();
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "2 done", "1 Ended", "9 done", "2 MessageReady"));
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kBob);
}

// A session that lost a queue and took it back must end up believing that it has it: the answer to its second SUB comes
// after the END of its first.
TEST_F(GroupCommitTest, TakeOverAndBackWithinAGroup) {
  const QueueRecord record = queue();
  const QueueRecord another = queue();
  start();
  Hold hold(commit());
  submit(kSender, another, message());
  submit(kAlice, record, backend::Subscribe{});
  submit(kBob, record, backend::Subscribe{});
  submit(kAlice, record, backend::Subscribe{});
  hold.release();
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("9 done", "1 done", "2 done", "1 Ended", "1 done", "2 Ended"));
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kAlice);
}

TEST_F(GroupCommitTest, EventsComeAfterTheCompletionOfTheirBatch) {
  const QueueRecord record = queue();
  start();
  submit(kAlice, {{.queue = record.recipient_id, .version = 1, .action = backend::Subscribe{}},
                  {.queue = record.recipient_id, .version = 1, .action = message()}});
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "1 MessageReady"));
}

TEST_F(GroupCommitTest, AGroupWaitsForAsManyAsTheOneBefore) {
  const QueueRecord record = queue();
  settings_.gather = std::chrono::minutes(1);
  start();
  const auto three = [&] {
    std::vector<std::future<std::vector<OperationResult>>> answers;
    for (int i = 0; i < 3; ++i) answers.push_back(submit(kSender, record, message()));
    return answers;
  };
  Hold hold(commit());
  auto together = three();
  hold.release();
  for (auto& answer : together) EXPECT_EQ(outcome(answer), Outcome::ok);

  const auto before = commit().counters().groups.load();
  auto one_by_one = three();
  for (auto& answer : one_by_one) EXPECT_EQ(outcome(answer), Outcome::ok);
  EXPECT_EQ(commit().counters().groups.load(), before + 1);
}

TEST_F(GroupCommitTest, EndOfASessionHasItsPlaceInTheOrder) {
  const QueueRecord record = queue();
  start();
  Hold hold(commit());
  submit(kAlice, record, backend::Subscribe{});
  auto first = submit(kSender, record, message());
  commit().end_session(kAlice);
  auto inspected = submit(kBob, record, backend::Inspect{});
  hold.release();
  settle();
  EXPECT_FALSE(inspected.get().at(0).subscribed);
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "9 done", "1 MessageReady", "1 has left", "2 done"));
  EXPECT_EQ(directory_.subscriptions(), 0U);
}

TEST_F(GroupCommitTest, WhoSubscribesToANotifierIsAnsweredWhenThatIsRegistered) {
  QueueRecord record = values_.record();
  record.notifier = values_.notifier();
  start();
  ask(kAlice, record, backend::Create{.record = record, .link = {}, .subscribe = false});
  world_.hold_registrations();
  auto subscribed = submit(kBob, record, backend::SubscribeNotifier{});
  ask(kSender, record, message());  // others need not wait
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "2 NSUB", "9 done"));
  world_.let_register();
  EXPECT_EQ(outcome(subscribed), Outcome::ok);
  EXPECT_EQ(world_.log().back(), "2 done");
}

TEST_F(GroupCommitTest, EveryKindOfEffectTakesPlace) {
  QueueRecord record = values_.record();
  record.notifier = values_.notifier();
  start();
  ask(kAlice, record, backend::Create{.record = record, .link = {}, .subscribe = true});
  ask(kBob, record, backend::SubscribeNotifier{});
  ask(kSender, record, backend::Append{.message = values_.message(), .notification = values_.notification()});
  ask(kBob, record, backend::Delete{});
  settle();
  EXPECT_THAT(world_.log(), ElementsAre("1 done", "2 NSUB", "2 done", "9 done", "1 MessageReady", "0 push", "2 done",
                                        "1 Deleted", "2 removes a notifier"));
}

// ---- threads

TEST_F(GroupCommitTest, ManyThreadsEachInTheirOrderAndEveryCompletionOnce) {
  constexpr std::uint64_t kThreads = 8;
  constexpr std::size_t kBatches = 300;
  settings_.rules.quota = kThreads * kBatches;
  const QueueRecord shared = queue();
  std::vector<std::vector<MessagePtr>> messages(kThreads);
  for (auto& of_thread : messages) {
    for (std::size_t i = 0; i < kBatches; ++i) of_thread.push_back(values_.message());
  }
  start();

  std::vector<std::vector<std::size_t>> completed(kThreads);  // each written by the group commit thread only
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < kBatches; ++i) {
        const backend::Append action{.message = messages[t][i], .notification = std::nullopt};
        commit().submit({.session = {.gateway = 0, .connection = t},
                         .operations = {{.queue = shared.recipient_id, .version = 1, .action = action}},
                         .done = [&, t, i](const auto& results) {
                           EXPECT_EQ(results.at(0).outcome, Outcome::ok);
                           completed[t].push_back(i);
                         }});
      }
    });
  }
  for (auto& thread : threads) thread.join();
  commit().stop();

  for (const auto& of_thread : completed) {
    ASSERT_EQ(of_thread.size(), kBatches);
    EXPECT_TRUE(std::is_sorted(of_thread.begin(), of_thread.end()));
  }
  // The queue holds the messages of each session in the order in which it sent them.
  std::vector<std::size_t> next(kThreads, 0);
  auto transaction = store_.begin({}).value();
  for (std::size_t left = kThreads * kBatches; left > 0; --left) {
    const MessagePtr head = transaction->head(shared.recipient_id).value();
    const auto of_thread = std::find_if(messages.begin(), messages.end(), [&](const auto& candidate) {
      const std::size_t at = next[static_cast<std::size_t>(&candidate - messages.data())];
      return at < kBatches && candidate[at] == head;
    });
    ASSERT_NE(of_thread, messages.end()) << "out of order";
    ++next[static_cast<std::size_t>(of_thread - messages.begin())];
    ASSERT_TRUE(transaction->pop(shared.recipient_id).ok());
  }
  EXPECT_EQ(commit().counters().operations, kThreads * kBatches);
}

// Two senders secure one queue at once, each like a gateway: against the record that it knows, again when it is stale.
TEST_F(GroupCommitTest, OfTwoSendersWhoSecureAtOnceExactlyOneWins) {
  std::vector<QueueRecord> queues;
  for (int i = 0; i < 50; ++i) queues.push_back(queue());
  const std::vector keys = {values_.key(), values_.key()};
  start();
  std::vector<std::vector<Outcome>> outcomes(2, std::vector<Outcome>(queues.size()));
  std::vector<std::thread> threads;
  for (std::size_t who = 0; who < 2; ++who) {
    threads.emplace_back([&, who] {
      const SessionRef session{.gateway = 0, .connection = who};
      for (std::size_t i = 0; i < queues.size(); ++i) {
        backend::Operation operation{.queue = queues[i].recipient_id,
                                     .version = 1,
                                     .action = backend::Secure{.key = keys[who], .by_sender = true}};
        OperationResult result = submit(session, {operation}).get().at(0);
        if (result.outcome == Outcome::stale) {
          operation.version = result.record->version;
          result = submit(session, {operation}).get().at(0);
        }
        outcomes[who][i] = result.outcome;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  commit().stop();
  auto transaction = store_.begin({}).value();
  for (std::size_t i = 0; i < queues.size(); ++i) {
    const bool first_won = outcomes[0][i] == Outcome::ok;
    EXPECT_EQ(outcomes[first_won ? 0 : 1][i], Outcome::ok);
    EXPECT_EQ(outcomes[first_won ? 1 : 0][i], Outcome::refused);
    const RecordPtr record = transaction->find(queues[i].recipient_id).value();
    EXPECT_EQ(record->sender_key, keys[first_won ? 0 : 1]);
    EXPECT_EQ(record->version, 2U);
  }
}

// ---- stop

TEST_F(GroupCommitTest, StopFinishesWhatWasSubmitted) {
  const QueueRecord record = queue();
  start();
  Hold hold(commit());
  std::vector<std::future<std::vector<OperationResult>>> sent;
  for (int i = 0; i < 20; ++i) sent.push_back(submit(kSender, record, message()));
  std::thread stopper([this] { commit().stop(); });
  // Answered at once, although the thread is held: from here on nothing more is taken.
  while (submit(kAlice, {}).wait_for(std::chrono::seconds(0)) != std::future_status::ready) std::this_thread::yield();
  hold.release();
  stopper.join();
  for (auto& results : sent) EXPECT_EQ(outcome(results), Outcome::ok);
  EXPECT_EQ(store_.totals().messages, 20U);
}

TEST_F(GroupCommitTest, AfterStopEverythingIsUnavailableAtOnce) {
  const QueueRecord record = queue();
  start();
  commit().stop();
  commit().stop();
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::unavailable);
  commit().end_session(kAlice);
  EXPECT_EQ(commit().expire_now(), 0U);
  EXPECT_THAT(world_.log(), ElementsAre("9 done"));
  EXPECT_EQ(store_.totals().messages, 0U);
}

}  // namespace
}  // namespace sotto::queue
