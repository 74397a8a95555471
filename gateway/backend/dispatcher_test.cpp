// The dispatcher with links that do nothing: what goes where is decided here, step by step, with a clock that is moved.
#include "gateway/backend/dispatcher.hpp"

#include <gtest/gtest.h>

#include "gateway/backend/test_session.hpp"
#include "libs/crypto/random.hpp"
#include "services/queue/domain/test_values.hpp"

namespace sotto::gateway {
namespace {

using backend::Operation;
using backend::Outcome;
using backend::SessionRef;
using namespace std::chrono_literals;

constexpr std::uint64_t kGateway = 7;

class FakeLink final : public Link {
 public:
  void wake() override { ++woken; }
  int woken = 0;
};

class DispatcherTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  DispatcherTest() {
    settings_.batch_deadline = 10s;
    settings_.connect_grace = 2s;
    settings_.max_operations = 10;
    settings_.max_bytes = 100'000;
  }
  static SessionRef session(std::uint64_t connection) { return {.gateway = kGateway, .connection = connection}; }
  Operation fetch() { return {queue_, 1, backend::Fetch{}}; }
  Operation subscribe() { return {queue_, 1, backend::Subscribe{}}; }
  Operation suspend() { return {queue_, 1, backend::Suspend{}}; }
  Operation append(std::size_t bytes) { return {queue_, 1, backend::Append{values_.message(1, bytes), std::nullopt}}; }

  std::shared_ptr<Answer> submit(std::uint64_t connection, std::vector<Operation> operations,
                                 std::optional<SteadyTime> deadline = std::nullopt) {
    auto answer = std::make_shared<Answer>();
    answers_.push_back(answer);  // its completion may come when the test has forgotten it
    dispatcher_.submit_all({{.session = session(connection),
                             .deadline = deadline,
                             .operations = std::move(operations),
                             .done = answer->completion(sink_, session(connection))}});
    return answer;
  }
  std::shared_ptr<FakeLink> link_up() {
    auto link = std::make_shared<FakeLink>();
    dispatcher_.link_up(link);
    return link;
  }
  // The connections of the batches in the next frame, and the sessions that ended: "1 2 -3".
  std::string take(const std::shared_ptr<FakeLink>& link) {
    auto frame = dispatcher_.take(*link);
    std::string out;
    if (!frame) return out;
    last_ = std::move(*frame);
    sizes_.clear();
    for (const auto& batch : last_.batches) {
      out += (out.empty() ? "" : " ") + std::to_string(batch.connection);
      sizes_.push_back(batch.operations->size());
    }
    for (const auto ended : last_.ended_connections) out += (out.empty() ? "-" : " -") + std::to_string(ended);
    return out;
  }
  // Answers the n-th batch of the last frame that held something.
  void answer(std::size_t n, Outcome outcome = Outcome::ok) {
    backend::OperationResult result;
    result.outcome = outcome;
    dispatcher_.answered(last_.batches.at(n).number, std::vector<backend::OperationResult>(sizes_.at(n), result));
  }
  backend::Event ready() { return backend::MessageReady{queue_, nullptr}; }
  backend::Event ended() { return backend::Ended{backend::Role::recipient, queue_.bytes}; }

  GrpcBackendSettings settings_;
  GrpcBackendCounters counters_;
  TestSink sink_;
  ManualClock clock_;
  queue::TestValues values_;
  RecipientId queue_ = values_.id<RecipientId>();
  std::vector<std::shared_ptr<Answer>> answers_;
  Dispatcher dispatcher_{settings_, kGateway, sink_, clock_, counters_};
  // The last one that was not empty. What it points to lives until it is answered, so sizes are kept apart.
  Dispatcher::Frame last_;
  std::vector<std::size_t> sizes_;
};

TEST_F(DispatcherTest, BatchesGoDownTheLinkInOrder) {
  const auto link = link_up();
  const auto first = submit(1, {fetch()});
  const auto second = submit(2, {suspend(), fetch()});
  const auto third = submit(1, {suspend()});
  EXPECT_GE(link->woken, 3);
  EXPECT_EQ(take(link), "1 2 1");
  EXPECT_EQ(take(link), "");
  answer(2);
  answer(0);
  answer(0);  // a second answer is ignored
  EXPECT_EQ(first->outcome(), Outcome::ok);
  EXPECT_EQ(third->outcome(), Outcome::ok);
  EXPECT_FALSE(second->there());
  EXPECT_EQ(counters_.operations_in_flight, 2U);
  answer(1);
  EXPECT_EQ(second->results().size(), 2U);
  EXPECT_EQ(counters_.operations_in_flight, 0U);
}

TEST_F(DispatcherTest, WhatIsSubmittedTogetherIsOneFrame) {
  const auto link = link_up();
  const auto woken_before = link->woken;
  std::vector<backend::Batch> batches;
  for (const std::uint64_t connection : {1U, 2U, 3U}) {
    batches.push_back({.session = session(connection), .operations = {fetch()}, .done = {}});
  }
  dispatcher_.submit_all(std::move(batches));
  EXPECT_EQ(link->woken, woken_before + 1);
  EXPECT_EQ(take(link), "1 2 3");
}

TEST_F(DispatcherTest, FramesAreBounded) {
  settings_.max_frame_batches = 2;
  settings_.max_frame_bytes = 1000;
  const auto link = link_up();
  for (const std::uint64_t connection : {1U, 2U, 3U}) submit(connection, {fetch()});
  submit(4, {append(900)});
  submit(5, {append(200)});
  EXPECT_EQ(take(link), "1 2");
  EXPECT_EQ(take(link), "3 4");
  EXPECT_EQ(take(link), "5");
}

TEST_F(DispatcherTest, ASessionStaysWithItsLink) {
  const auto a = link_up();
  submit(1, {fetch()});
  const auto b = link_up();
  submit(2, {fetch()});  // b has fewer
  submit(1, {fetch()});
  submit(3, {fetch()});
  EXPECT_EQ(take(a), "1 1 3");
  EXPECT_EQ(take(b), "2");
  dispatcher_.end_session(session(1));
  dispatcher_.end_session(session(99));  // never heard of
  EXPECT_EQ(take(a), "-1");
  EXPECT_EQ(take(b), "");
  submit(4, {fetch()});
  submit(5, {fetch()});
  EXPECT_EQ(take(a), "4");
  EXPECT_EQ(take(b), "5");
  EXPECT_EQ(counters_.sessions, 4U);
}

TEST_F(DispatcherTest, TheEndOfASessionComesAfterItsBatches) {
  settings_.max_frame_batches = 1;
  const auto link = link_up();
  submit(1, {fetch()});
  submit(1, {suspend()});
  dispatcher_.end_session(session(1));
  EXPECT_EQ(take(link), "1");
  EXPECT_EQ(take(link), "1 -1");
}

TEST_F(DispatcherTest, WithoutALinkBatchesWaitAWhile) {
  const auto first = submit(1, {suspend()});
  clock_.advance(1900ms);
  const auto second = submit(1, {suspend()});
  dispatcher_.look_at_deadlines();
  EXPECT_FALSE(first->there());
  clock_.advance(200ms);
  dispatcher_.look_at_deadlines();
  EXPECT_EQ(first->outcome(), Outcome::unavailable);
  EXPECT_FALSE(second->there());
  const auto third = submit(2, {fetch()});
  const auto link = link_up();
  EXPECT_EQ(take(link), "1 2");
  EXPECT_EQ(counters_.unreachable, 1U);
  EXPECT_EQ(sink_.resumes(), 0U);
}

TEST_F(DispatcherTest, DeadlinesAreKept) {
  const auto link = link_up();
  const auto common = submit(1, {suspend()});
  const auto early = submit(2, {suspend()}, clock_.steady_now() + 1s);
  const auto late = submit(3, {suspend()}, clock_.steady_now() + 60s);
  EXPECT_EQ(take(link), "1 2 3");
  EXPECT_EQ(last_.batches[1].deadline, clock_.steady_now() + 1s);
  clock_.advance(1s);
  dispatcher_.look_at_deadlines();
  EXPECT_EQ(early->outcome(), Outcome::unavailable);
  EXPECT_FALSE(common->there());
  clock_.advance(9s);
  dispatcher_.look_at_deadlines();
  EXPECT_EQ(common->outcome(), Outcome::unavailable);
  EXPECT_EQ(late->outcome(), Outcome::unavailable);
  EXPECT_EQ(counters_.timeouts, 3U);
  answer(0);
  EXPECT_EQ(common->times(), 1);
}

TEST_F(DispatcherTest, ABatchThatIsLateIsNotSent) {
  const auto link = link_up();
  const auto late = submit(1, {suspend()});
  const auto other = submit(2, {suspend()}, clock_.steady_now() + 60s);
  clock_.advance(10s);
  dispatcher_.look_at_deadlines();
  EXPECT_EQ(take(link), "");
  EXPECT_EQ(late->outcome(), Outcome::unavailable);
}

TEST_F(DispatcherTest, TooMuchUnderWayIsRefusedAtOnce) {
  link_up();
  for (int i = 0; i < 10; ++i) submit(1, {fetch()});
  const auto eleventh = submit(1, {fetch()});
  EXPECT_EQ(eleventh->outcome(), Outcome::unavailable);
  EXPECT_EQ(counters_.overloaded, 1U);
}

TEST_F(DispatcherTest, BytesUnderWayAreBoundedToo) {
  const auto link = link_up();
  submit(1, {append(90'000)});
  EXPECT_EQ(submit(1, {append(20'000)})->outcome(), Outcome::unavailable);
  const auto small = submit(1, {append(10'000)});
  EXPECT_FALSE(small->there());
  EXPECT_EQ(counters_.bytes_in_flight, 100'000U);
  take(link);
  answer(0);
  EXPECT_EQ(counters_.bytes_in_flight, 10'000U);
}

TEST_F(DispatcherTest, OfALostLinkOnlyWhatIsSafeIsSentAgain) {
  const auto a = link_up();
  const auto read = submit(1, {fetch(), subscribe()});
  const auto change = submit(2, {fetch(), suspend()});
  const auto before_change = submit(3, {fetch()});
  const auto between = submit(3, {suspend()});
  const auto after_change = submit(3, {fetch()});
  EXPECT_EQ(take(a), "1 2 3 3 3");
  const auto unsent = submit(4, {suspend()});
  const auto b = link_up();
  dispatcher_.link_down(a, false);
  EXPECT_EQ(change->results().size(), 2U);
  EXPECT_EQ(change->results()[0].outcome, Outcome::unavailable);
  EXPECT_EQ(between->outcome(), Outcome::unavailable);
  EXPECT_EQ(before_change->outcome(), Outcome::unavailable) << "it would overtake what was behind it";
  EXPECT_FALSE(read->there());
  EXPECT_FALSE(after_change->there());
  EXPECT_FALSE(unsent->there());
  auto taken = take(b);
  std::sort(taken.begin(), taken.end());
  EXPECT_EQ(taken, "  134");
  EXPECT_EQ(counters_.sent_again, 2U);
  EXPECT_EQ(counters_.interrupted, 3U);

  // Once: the next loss is an answer.
  const auto c = link_up();
  dispatcher_.link_down(b, false);
  EXPECT_EQ(read->results().at(0).outcome, Outcome::unavailable);
  EXPECT_EQ(after_change->outcome(), Outcome::unavailable);
  EXPECT_EQ(unsent->outcome(), Outcome::unavailable) << "it was written to b";
  EXPECT_EQ(take(c), "");
}

TEST_F(DispatcherTest, WithoutAnotherLinkOnlyWhatWasNotWrittenWaits) {
  const auto a = link_up();
  const auto written = submit(1, {fetch()});
  EXPECT_EQ(take(a), "1");
  const auto unsent = submit(1, {suspend()});
  dispatcher_.end_session(session(2));
  dispatcher_.link_down(a, false);
  EXPECT_EQ(written->outcome(), Outcome::unavailable);
  EXPECT_FALSE(unsent->there());
  EXPECT_EQ(sink_.resumes(), 0U) << "nobody could be asked";
  const auto b = link_up();
  EXPECT_EQ(take(b), "1");
  EXPECT_EQ(sink_.resumed(0, kGateway), "1");
}

TEST_F(DispatcherTest, ALinkThatBrokeMayHaveHadEventsForEverybody) {
  const auto a = link_up();
  submit(1, {fetch()});
  const auto b = link_up();
  submit(2, {fetch()});
  submit(3, {fetch()});
  dispatcher_.link_down(b, false);
  ASSERT_EQ(sink_.resumes(), 1U);
  EXPECT_EQ(sink_.resumed(0, kGateway), "123");
  EXPECT_EQ(sink_.resumed(0, kGateway + 1), "");
  EXPECT_EQ(counters_.resumed_sessions, 3U);
}

TEST_F(DispatcherTest, ALinkThatEndedCleanlyConcernsItsOwnSessions) {
  const auto a = link_up();
  submit(1, {fetch()});
  const auto b = link_up();
  submit(2, {fetch()});
  submit(3, {fetch()});
  submit(4, {fetch()});
  dispatcher_.link_down(b, true);
  ASSERT_EQ(sink_.resumes(), 1U);
  EXPECT_EQ(sink_.resumed(0, kGateway), "24");
}

TEST_F(DispatcherTest, SessionsThatEndedAreNotResumed) {
  const auto a = link_up();
  submit(1, {fetch()});
  submit(2, {fetch()});
  EXPECT_EQ(take(a), "1 2");
  answer(0);
  answer(1);
  dispatcher_.link_down(a, false);
  dispatcher_.end_session(session(1));
  const auto b = link_up();
  EXPECT_EQ(sink_.resumed(0, kGateway), "2");
  // That it ended is told to whichever service is there.
  EXPECT_EQ(take(b), "-1");
}

TEST_F(DispatcherTest, ALinkThatLeavesKeepsOnlyWhatIsUnderWay) {
  const auto a = link_up();
  const auto busy = submit(1, {suspend()});
  submit(2, {fetch()});
  EXPECT_EQ(take(a), "1 2");
  answer(1);
  const auto b = link_up();
  dispatcher_.link_leaving(a);
  submit(1, {fetch()});  // behind what is under way
  submit(2, {fetch()});
  submit(3, {fetch()});
  EXPECT_EQ(take(b), "2 3");
  EXPECT_EQ(take(a), "1");
  EXPECT_FALSE(last_.half_close);
  answer(0);
  EXPECT_FALSE(dispatcher_.take(*a).has_value());
  dispatcher_.look_at_deadlines();
  EXPECT_FALSE(busy->there());
}

TEST_F(DispatcherTest, ALinkThatLeavesIsClosedWhenItHasAnsweredAll) {
  const auto a = link_up();
  submit(1, {suspend()});
  EXPECT_EQ(take(a), "1");
  dispatcher_.link_leaving(a);
  const int woken = a->woken;
  answer(0);
  EXPECT_GT(a->woken, woken);
  const auto frame = dispatcher_.take(*a);
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(frame->half_close);
  // Nobody else is there: what is new waits.
  const auto waiting = submit(1, {suspend()});
  EXPECT_EQ(take(a), "");
  dispatcher_.link_down(a, true);
  const auto b = link_up();
  EXPECT_EQ(take(b), "1");
  EXPECT_EQ(sink_.resumed(0, kGateway), "1");
}

TEST_F(DispatcherTest, EventsOfOtherLinksWaitForTheSubscription) {
  const auto home = link_up();
  submit(1, {subscribe()});
  const auto other = link_up();
  EXPECT_EQ(take(home), "1");
  dispatcher_.event(*other, 1, false, ready());
  dispatcher_.event(*home, 1, true, ready());  // relayed: the same
  dispatcher_.event(*home, 99, false, ready());
  EXPECT_EQ(sink_.log(), (std::vector<std::string>{}));
  answer(0);
  EXPECT_EQ(sink_.log(), (std::vector<std::string>{"1 answered", "1 ready", "1 ready"}));
  dispatcher_.event(*other, 1, false, ready());
  EXPECT_EQ(sink_.log().size(), 4U);
}

TEST_F(DispatcherTest, ThatAQueueWasBlockedWaitsForTheSubscriptionToo) {
  const auto home = link_up();
  submit(1, {subscribe()});
  const auto other = link_up();
  take(home);
  dispatcher_.event(*other, 1, false, backend::Blocked{.queue = queue_, .blocking = {}});
  dispatcher_.event(*other, 1, false, backend::Blocked{.queue = values_.id<RecipientId>(), .blocking = {}});
  answer(0);
  EXPECT_EQ(sink_.log(), (std::vector<std::string>{"1 blocked", "1 answered", "1 blocked"}));
}

TEST_F(DispatcherTest, EventsOfTheOwnLinkAreInOrderAlready) {
  const auto home = link_up();
  submit(1, {subscribe()});
  take(home);
  dispatcher_.event(*home, 1, false, ended());
  answer(0);
  EXPECT_EQ(sink_.log(), (std::vector<std::string>{"1 ended", "1 answered"}));
}

TEST_F(DispatcherTest, EventsOfOtherQueuesDoNotWait) {
  const auto home = link_up();
  submit(1, {subscribe()});
  const auto other = link_up();
  take(home);
  dispatcher_.event(*other, 1, false, backend::MessageReady{values_.id<RecipientId>(), nullptr});
  EXPECT_EQ(sink_.log(), (std::vector<std::string>{"1 ready"}));
}

TEST_F(DispatcherTest, AnEndThatMayBeOfTheNewSubscriptionIsAskedFor) {
  const auto home = link_up();
  submit(1, {subscribe()});
  const auto other = link_up();
  take(home);
  dispatcher_.event(*other, 1, false, ended());
  answer(0);
  EXPECT_EQ(sink_.log(), (std::vector<std::string>{"1 answered", "resume"}));
  EXPECT_EQ(sink_.resumed(0, kGateway), "1");
}

TEST_F(DispatcherTest, NotificationsWaitForAnySubscriptionToANotifier) {
  const auto home = link_up();
  submit(1, {{queue_, 1, backend::SubscribeNotifier{}}});
  const auto other = link_up();
  take(home);
  dispatcher_.event(*other, 1, false, backend::Notified{});
  dispatcher_.event(*other, 1, false, ready());
  answer(0);
  EXPECT_EQ(sink_.log(), (std::vector<std::string>{"1 ready", "1 answered", "1 notified"}));
}

TEST_F(DispatcherTest, ResumeReachesThoseInItsScope) {
  const auto a = link_up();
  submit(1, {fetch()});
  const auto b = link_up();
  submit(2, {fetch()});
  dispatcher_.resume(*a, Dispatcher::Scope::link, {});
  dispatcher_.resume(*a, Dispatcher::Scope::gateway, {});
  dispatcher_.resume(*a, Dispatcher::Scope::listed, {2, 9});
  dispatcher_.resume(*a, Dispatcher::Scope::listed, {9});
  ASSERT_EQ(sink_.resumes(), 3U);
  EXPECT_EQ(sink_.resumed(0, kGateway), "1");
  EXPECT_EQ(sink_.resumed(1, kGateway), "12");
  EXPECT_EQ(sink_.resumed(2, kGateway), "2");
}

TEST_F(DispatcherTest, AnswersThatDoNotFitAreUnavailable) {
  const auto link = link_up();
  const auto none = submit(1, {fetch(), fetch()});
  const auto one = submit(2, {fetch(), fetch()});
  take(link);
  dispatcher_.answered(last_.batches[0].number, {});
  dispatcher_.answered(
      last_.batches[1].number,
      {backend::OperationResult{.outcome = Outcome::ok, .record = nullptr, .message = nullptr, .link = std::nullopt}});
  dispatcher_.answered(12345, {});
  EXPECT_EQ(none->results().size(), 2U);
  EXPECT_EQ(one->results().size(), 2U);
  EXPECT_EQ(one->results()[0].outcome, Outcome::unavailable);
  EXPECT_EQ(counters_.malformed, 1U);
}

TEST_F(DispatcherTest, AfterTheEndEverythingIsUnavailable) {
  const auto link = link_up();
  const auto under_way = submit(1, {suspend()});
  take(link);
  dispatcher_.finish(0ms);
  EXPECT_EQ(submit(1, {fetch()})->outcome(), Outcome::unavailable);
  dispatcher_.link_down(link, false);
  dispatcher_.abandon();
  EXPECT_EQ(under_way->outcome(), Outcome::unavailable);
  EXPECT_EQ(sink_.resumes(), 0U);
}

}  // namespace
}  // namespace sotto::gateway
