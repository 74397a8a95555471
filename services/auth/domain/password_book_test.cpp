#include "services/auth/domain/password_book.hpp"

#include <condition_variable>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/auth/domain/password_admin.hpp"
#include "services/auth/domain/test_book.hpp"

namespace sotto::auth {
namespace {

using namespace std::chrono_literals;
using backend::AccessDecision;

class PasswordBookTest : public TestBook {};

TEST_F(PasswordBookTest, IsOpenOnlyAsLongAsThereIsNoPassword) {
  EXPECT_TRUE(book->state().open);
  const auto made = create("team-a");
  EXPECT_FALSE(book->state().open);
  ASSERT_TRUE(admin->revoke(anna, made.password.id, {}));
  EXPECT_FALSE(book->state().open);
  EXPECT_TRUE(book->state().passwords.empty());
}

TEST_F(PasswordBookTest, SaysWhatAPasswordIsWorth) {
  const auto made = create("team-a");
  const auto right = check(made.secret->expose());
  EXPECT_EQ(right.decision, AccessDecision::allowed);
  EXPECT_EQ(right.password_id, made.password.id);
  EXPECT_FALSE(right.guessable);
  EXPECT_EQ(check("something else").decision, AccessDecision::wrong_password);
  EXPECT_EQ(check("").decision, AccessDecision::wrong_password);
  ASSERT_TRUE(admin->revoke(anna, made.password.id, {}));
  EXPECT_EQ(check(made.secret->expose()).decision, AccessDecision::revoked);
}

TEST_F(PasswordBookTest, APasswordBeginsAndEnds) {
  const auto now = unix_seconds(clock.system_now());
  const auto made = admin->create(anna, {.label = "guests", .not_before = now + 10, .expires = now + 20}, {});
  ASSERT_TRUE(made);
  const auto& secret = made->secret->expose();
  EXPECT_EQ(check(secret).decision, AccessDecision::wrong_password);
  EXPECT_TRUE(book->state().passwords.empty());
  clock.advance(10s);
  EXPECT_EQ(check(secret).decision, AccessDecision::allowed);
  EXPECT_EQ(book->state().passwords.size(), 1U);
  clock.advance(10s);
  EXPECT_EQ(check(secret).decision, AccessDecision::expired);
  EXPECT_TRUE(book->state().passwords.empty());
}

TEST_F(PasswordBookTest, HardensAChosenPasswordOnce) {
  ASSERT_TRUE(admin->create(anna, {.label = "team-a", .own = SecretString("correct-horse-battery")}, {}));
  for (int i = 0; i < 3; ++i) {
    const auto right = check("correct-horse-battery");
    EXPECT_EQ(right.decision, AccessDecision::allowed);
    EXPECT_TRUE(right.guessable);
  }
  EXPECT_EQ(book->counters().hardened, 1U);
}

TEST_F(PasswordBookTest, AFloodOfGuessesHardensNextToNothing) {
  ASSERT_TRUE(admin->create(anna, {.label = "team-a", .own = SecretString("correct-horse-battery")}, {}));
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_NE(check("guess-" + std::to_string(i), source(1)).decision, AccessDecision::allowed);
  }
  // Ten wrong ones fill the bucket of a source; of those that may be right, nothing is hardened any more.
  EXPECT_LE(book->counters().hardened, 2U);
  EXPECT_EQ(check("correct-horse-battery", source(1)).decision, AccessDecision::too_many_attempts);
  EXPECT_EQ(check("correct-horse-battery", source(2)).decision, AccessDecision::allowed);
}

TEST_F(PasswordBookTest, AGuesserKeepsNobodyWithAMadePasswordOut) {
  const auto made = create("team-a");
  for (int i = 0; i < 100; ++i) check("guess-" + std::to_string(i), source(1));
  EXPECT_EQ(check(made.secret->expose(), source(1)).decision, AccessDecision::allowed);
}

class Listener final : public backend::AccessStateSink {
 public:
  void update(const backend::AccessState& state) override {
    const std::lock_guard lock(mutex_);
    states_.push_back(state);
    changed_.notify_all();
  }
  void lost() override {}
  bool wait_for(const std::function<bool(const backend::AccessState&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return !states_.empty() && condition(states_.back()); });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return states_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<backend::AccessState> states_;
};

TEST_F(PasswordBookTest, TellsWhoWatchesAtOnceAndWhenACallReturns) {
  Listener listener;
  book->watch(&listener);
  EXPECT_EQ(listener.count(), 1U);
  const auto made = create("team-a");
  EXPECT_EQ(listener.count(), 2U);
  EXPECT_TRUE(listener.wait_for([](const auto& state) { return state.passwords.size() == 1; }));
  book->watch(nullptr);
  create("team-b");
  EXPECT_EQ(listener.count(), 2U);
}

TEST_F(PasswordBookTest, HearsOfWhatAnotherProcessChanged) {
  Listener listener;
  book->watch(&listener);
  auto other = open_book();
  PasswordAdmin elsewhere(store, *other, hasher, clock);
  ASSERT_TRUE(elsewhere.create(anna, {.label = "team-a"}, {}));
  EXPECT_TRUE(listener.wait_for([](const auto& state) { return !state.open && state.passwords.size() == 1; }));
  book->watch(nullptr);
}

TEST_F(PasswordBookTest, TellsWhenAPasswordEndsByItself) {
  Listener listener;
  const auto now = unix_seconds(clock.system_now());
  ASSERT_TRUE(admin->create(anna, {.label = "guests", .expires = now + 20}, {}));
  book->watch(&listener);
  clock.advance(20s);
  EXPECT_TRUE(listener.wait_for([](const auto& state) { return state.passwords.empty(); }));
  book->watch(nullptr);
}

TEST_F(PasswordBookTest, CountsUsesAndWhatIsLeftOfADailyLimit) {
  const auto made = admin->create(anna, {.label = "team-a", .daily_limit = 10}, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(book->state().passwords.front().remaining, 10U);
  book->report({{made->password.id, 4}});
  EXPECT_EQ(book->state().passwords.front().remaining, 6U);
  book->stop();
  EXPECT_EQ(store.load()->passwords.front().uses, 4U);
  EXPECT_EQ(book->state().passwords.front().remaining, 6U);
  book->report({{made->password.id, 9}});
  EXPECT_EQ(book->state().passwords.front().remaining, 0U);
}

// What another replica counted is no change of a password.
TEST_F(PasswordBookTest, ADailyLimitCountsWhatOtherProcessesReport) {
  const auto made = admin->create(anna, {.label = "team-a", .daily_limit = 10}, {});
  ASSERT_TRUE(made);
  Listener listener;
  book->watch(&listener);
  const auto other = open_book();
  other->report({{made->password.id, 4}});
  other->stop();  // has written it
  clock.advance(1s);
  EXPECT_TRUE(listener.wait_for([](const auto& state) { return state.passwords.at(0).remaining == 6U; }));
  book->watch(nullptr);
}

TEST_F(PasswordBookTest, ANewDayHasItsOwnLimit) {
  const auto made = admin->create(anna, {.label = "team-a", .daily_limit = 10}, {});
  book->report({{made->password.id, 10}});
  book->stop();
  EXPECT_EQ(book->state().passwords.front().remaining, 0U);
  clock.advance(24h);
  EXPECT_EQ(book->state().passwords.front().remaining, 10U);
}

TEST_F(PasswordBookTest, DoesNotStartWithoutTheKeyOfAPassword) {
  create("team-a");
  const PasswordHasher other(test_keys({2}));
  const auto opened = PasswordBook::open({}, store, other, limits, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::configuration);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("restore the key file"));
}

TEST_F(PasswordBookTest, SettingsSwitchNewQueuesOffWhateverThePolicy) {
  PasswordBook::Options options;
  options.new_queues = false;
  auto off = PasswordBook::open(options, store, hasher, limits, clock);
  ASSERT_TRUE(off);
  EXPECT_FALSE((*off)->state().new_queues);
}

}  // namespace
}  // namespace sotto::auth
