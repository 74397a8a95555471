// Expiry as the group commit runs it: when, what, and beside clients.
#include "services/queue/domain/group_commit_fixture.hpp"

namespace sotto::queue {
namespace {

constexpr std::chrono::days kLifetime{21};

class Expiry : public GroupCommitFixture {
 protected:
  void SetUp() override {
    GroupCommitFixture::SetUp();
    settings_.expiry_interval = std::chrono::hours(4);
    settings_.expiry_batch = 10;
  }
  // A run that is due takes place between the group of this and the group of whatever comes next.
  void let_it_look_at_the_clock() {
    settle();
    settle();
  }
};

TEST_F(Expiry, RemovesWhatIsOlderThanTheLifetime) {
  const QueueRecord record = queue();
  append(record, 25, kTestSeconds);
  append(record, 3, kTestSeconds + 1);
  start();
  EXPECT_EQ(commit().expire_now(), 0U);
  clock_.advance(kLifetime);
  EXPECT_EQ(commit().expire_now(), 0U) << "a message lives for all of its lifetime";
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(commit().expire_now(), 25U);
  EXPECT_EQ(store_.totals().messages, 3U);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(commit().expire_now(), 3U);
  EXPECT_EQ(commit().counters().expired, 28U);
}

TEST_F(Expiry, BeginsWithTheServerWhenItIsToldTo) {
  const QueueRecord record = queue();
  append(record, 25, kTestSeconds);
  clock_.advance(kLifetime + std::chrono::seconds(1));
  settings_.expire_on_start = true;
  start();
  EXPECT_EQ(commit().expire_now(), 0U) << "comes after the run of the start";
  EXPECT_EQ(commit().counters().expired, 25U);
}

TEST_F(Expiry, WaitsForTheIntervalOtherwise) {
  const QueueRecord record = queue();
  append(record, 1, kTestSeconds - 30 * 86400);
  start();
  clock_.advance(settings_.expiry_interval - std::chrono::seconds(1));
  let_it_look_at_the_clock();
  EXPECT_EQ(commit().counters().expired, 0U);
  clock_.advance(std::chrono::seconds(1));
  let_it_look_at_the_clock();
  EXPECT_EQ(commit().counters().expired, 1U);
}

TEST_F(Expiry, IntervalOfZeroIsNever) {
  settings_.expiry_interval = std::chrono::seconds(0);
  const QueueRecord record = queue();
  append(record, 1, kTestSeconds - 30 * 86400);
  start();
  clock_.advance(std::chrono::days(365));
  let_it_look_at_the_clock();
  EXPECT_EQ(commit().counters().expired, 0U);
  EXPECT_EQ(commit().expire_now(), 1U);
}

TEST_F(Expiry, ClientsAreServedBetweenItsTransactions) {
  const QueueRecord record = queue();
  append(record, 100, kTestSeconds - 30 * 86400);
  std::vector<std::uint64_t> left;  // as each client's completion finds it
  store_.on_expire = [&] {
    commit().submit(
        {.session = kAlice, .operations = {}, .done = [&](const auto&) { left.push_back(store_.totals().messages); }});
  };
  start();
  EXPECT_EQ(commit().expire_now(), 100U);
  commit().stop();
  ASSERT_GE(left.size(), 10U);
  EXPECT_EQ(left[0], 90U);
  EXPECT_EQ(left[1], 80U);
  EXPECT_EQ(left[8], 10U);
}

TEST_F(Expiry, EmptiedQueueTakesMessagesAgain) {
  settings_.rules.quota = 2;
  const QueueRecord record = queue();
  start();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::ok);
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::quota);
  clock_.advance(kLifetime + std::chrono::seconds(1));
  EXPECT_EQ(commit().expire_now(), 3U);
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::ok);
}

TEST_F(Expiry, OnSendIsCounted) {
  settings_.rules.quota = 1;
  settings_.rules.expire_on_send = true;
  settings_.expiry_interval = std::chrono::seconds(0);
  const QueueRecord record = queue();
  start();
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::ok);
  clock_.advance(kLifetime + std::chrono::seconds(1));
  EXPECT_EQ(ask(kSender, record, message()).outcome, Outcome::ok);
  EXPECT_EQ(commit().counters().expired, 1U);
}

TEST_F(Expiry, StopLeavesTheRest) {
  const QueueRecord record = queue();
  append(record, 100, kTestSeconds - 30 * 86400);
  std::promise<void> begun;
  std::promise<void> stopping;
  bool first = true;
  store_.on_expire = [&] {
    if (!std::exchange(first, false)) return;
    begun.set_value();
    stopping.get_future().wait();
  };
  start();
  auto removed = std::async(std::launch::async, [this] { return commit().expire_now(); });
  begun.get_future().wait();
  std::thread stopper([this] { commit().stop(); });
  while (submit(kAlice, {}).wait_for(std::chrono::seconds(0)) != std::future_status::ready) std::this_thread::yield();
  stopping.set_value();
  stopper.join();
  const std::uint64_t count = removed.get();
  EXPECT_GT(count, 0U);
  EXPECT_EQ(store_.totals().messages, 100 - count);
}

}  // namespace
}  // namespace sotto::queue
