#include "services/auth/domain/password_book.hpp"

#include <atomic>
#include <condition_variable>
#include <type_traits>

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
    lost_ = false;
    changed_.notify_all();
  }
  void lost() override {
    const std::lock_guard lock(mutex_);
    lost_ = true;
    changed_.notify_all();
  }
  bool wait_lost() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return lost_; });
  }
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
  bool lost_ = false;
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

// A store that may be away: nothing is read or written then.
class AwayStore final : public PasswordStore {
 public:
  explicit AwayStore(PasswordStore& store) : store_(store) {}
  void go(std::optional<ErrorCode> error) { error_ = error ? static_cast<int>(*error) : -1; }

  Result<Stored> load() override {
    return pass([&] { return store_.load(); });
  }
  Result<std::uint64_t> generation() override {
    return pass([&] { return store_.generation(); });
  }
  Status commit(const Change& change) override { return store_.commit(change); }
  Status add_uses(std::span<const Use> uses) override { return store_.add_uses(uses); }
  Status append_audit(const AuditEntry& entry) override { return store_.append_audit(entry); }
  Result<AuditPage> audit(std::int64_t since, std::uint64_t from, std::size_t limit) override {
    return store_.audit(since, from, limit);
  }
  Result<std::uint64_t> expire_audit(std::int64_t before) override { return store_.expire_audit(before); }

 private:
  template <class Call>
  std::invoke_result_t<Call> pass(const Call& call) {
    const int error = error_;
    if (error >= 0) return Error{static_cast<ErrorCode>(error), "away"};
    return call();
  }
  PasswordStore& store_;
  std::atomic<int> error_{-1};
};

class BookOverAStoreThatGoesAway : public TestBook {
 protected:
  std::unique_ptr<PasswordBook> open_waiting() {
    PasswordBook::Options options;
    options.refresh_interval = 5ms;
    options.wait_for_store = true;
    auto opened = PasswordBook::open(options, away, hasher, limits, clock);
    return opened ? *std::move(opened) : nullptr;
  }
  AccessDecision decide(PasswordBook& from, std::string_view password) {
    std::promise<AccessDecision> answer;
    from.check(as_bytes(password), std::nullopt, [&](const auto& result) { answer.set_value(result.decision); });
    return answer.get_future().get();
  }

  AwayStore away{store};
  Listener listener;
};

TEST_F(BookOverAStoreThatGoesAway, KnowsNothingUntilTheStoreIsThere) {
  const auto made = create("team-a");
  away.go(ErrorCode::connection_failed);
  const auto waiting = open_waiting();
  ASSERT_NE(waiting, nullptr);
  waiting->watch(&listener);
  EXPECT_FALSE(waiting->health());
  EXPECT_EQ(decide(*waiting, made.secret->expose()), AccessDecision::unknown);
  EXPECT_EQ(decide(*waiting, "wrong"), AccessDecision::unknown);
  EXPECT_EQ(listener.count(), 0U);
  away.go(std::nullopt);
  EXPECT_TRUE(listener.wait_for([](const auto& state) { return !state.open && state.passwords.size() == 1; }));
  EXPECT_TRUE(waiting->health());
  EXPECT_EQ(decide(*waiting, made.secret->expose()), AccessDecision::allowed);
  waiting->watch(nullptr);
}

TEST_F(BookOverAStoreThatGoesAway, SaysThatItIsLostAndWhatHoldsAfterwards) {
  const auto made = create("team-a");
  const auto waiting = open_waiting();
  ASSERT_NE(waiting, nullptr);
  waiting->watch(&listener);
  EXPECT_TRUE(listener.wait_for([](const auto& state) { return state.passwords.size() == 1; }));
  away.go(ErrorCode::unavailable);
  EXPECT_TRUE(listener.wait_lost());
  EXPECT_EQ(decide(*waiting, made.secret->expose()), AccessDecision::unknown);
  // By another process, meanwhile.
  ASSERT_TRUE(admin->revoke(anna, made.password.id, {}));
  away.go(std::nullopt);
  EXPECT_TRUE(listener.wait_for([](const auto& state) { return state.passwords.empty(); }));
  EXPECT_EQ(decide(*waiting, made.secret->expose()), AccessDecision::revoked);
  waiting->watch(nullptr);
}

TEST_F(BookOverAStoreThatGoesAway, DoesNotWaitForWhatWaitingCannotMend) {
  away.go(ErrorCode::conflict);
  EXPECT_EQ(open_waiting(), nullptr);
}

}  // namespace
}  // namespace sotto::auth
