#include "gateway/access/access_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::gateway {
namespace {

using namespace std::chrono_literals;
using backend::AccessDecision;
using backend::AccessPurpose;
using backend::AccessSource;
using backend::CheckResult;

// Answers when the test says so.
class TestAuthority final : public backend::AccessAuthority {
 public:
  void check(ByteView password, const AccessSource& /*source*/, std::function<void(CheckResult)> done) override {
    asked.emplace_back(as_text(password));
    answers.push_back(std::move(done));
  }
  void report(std::vector<backend::UseReport> uses) override {
    const std::lock_guard lock(mutex);
    for (const auto& use : uses) reported[use.password_id] += use.queues;
  }
  void watch(backend::AccessStateSink* to) override { sink = to; }

  std::vector<std::string> asked;
  std::vector<std::function<void(CheckResult)>> answers;
  backend::AccessStateSink* sink = nullptr;
  std::mutex mutex;
  std::map<std::string, std::uint64_t> reported;  // guarded by mutex
};

class AccessCacheTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  ManualClock clock;
  TestAuthority authority;
  AccessCache cache{{.attempts = {.burst = 3, .leak = 10s, .max_sources = 10}}, authority, clock};
  const AccessSource here = std::array<std::uint8_t, 16>{1};

  backend::AccessState state(std::uint64_t generation, std::vector<std::string> ids) const {
    backend::AccessState out;
    out.generation = generation;
    for (auto& id : ids) out.passwords.push_back({std::move(id), 0, false, {}});
    return out;
  }
  // What is known here; nothing: it would be asked.
  std::optional<AccessDecision> known(std::string_view password, AccessPurpose purpose = AccessPurpose::new_queue) {
    const auto decided = cache.decide(purpose, as_bytes(password), here);
    if (!decided) return std::nullopt;
    return decided->decision;
  }
  // Asks, and has the authority say this.
  AccessDecision ask(std::string_view password, const CheckResult& answer) {
    auto decision = AccessDecision::unknown;
    const auto before = authority.answers.size();
    cache.ask(AccessPurpose::new_queue, as_bytes(password), here,
              [&](const backend::Admission& admission) { decision = admission.decision; });
    EXPECT_EQ(authority.answers.size(), before + 1);
    authority.answers.back()(answer);
    return decision;
  }
  static CheckResult right(const std::string& id, std::uint64_t generation, bool guessable = false) {
    return {AccessDecision::allowed, id, generation, guessable};
  }
  static CheckResult wrong(std::uint64_t generation) { return {AccessDecision::wrong_password, "", generation, false}; }
};

TEST_F(AccessCacheTest, AcceptsNothingBeforeTheAuthorityHasSpoken) {
  EXPECT_EQ(known("secret"), AccessDecision::unknown);
  EXPECT_EQ(cache.decide(AccessPurpose::new_queue, std::nullopt, here)->decision, AccessDecision::unknown);
  EXPECT_EQ(cache.open(), std::nullopt);
}

TEST_F(AccessCacheTest, AsksOnceForARightPassword) {
  cache.update(state(1, {"a"}));
  EXPECT_EQ(known("secret"), std::nullopt);
  EXPECT_EQ(ask("secret", right("a", 1)), AccessDecision::allowed);
  EXPECT_EQ(known("secret"), AccessDecision::allowed);
  EXPECT_EQ(known("other"), std::nullopt);
  EXPECT_EQ(cache.decide(AccessPurpose::new_queue, std::nullopt, here)->decision, AccessDecision::missing_password);
}

TEST_F(AccessCacheTest, RemembersAWrongPasswordForAWhile) {
  cache.update(state(1, {"a"}));
  EXPECT_EQ(ask("guess", wrong(1)), AccessDecision::wrong_password);
  EXPECT_EQ(known("guess"), AccessDecision::wrong_password);
  clock.advance(60s);
  EXPECT_EQ(known("guess"), std::nullopt);
}

TEST_F(AccessCacheTest, ForgetsWrongPasswordsWhenSomethingChanges) {
  cache.update(state(1, {"a"}));
  ask("guess", wrong(1));
  cache.update(state(1, {"a"}));
  EXPECT_EQ(known("guess"), AccessDecision::wrong_password);
  cache.update(state(2, {"a", "b"}));
  EXPECT_EQ(known("guess"), std::nullopt);
}

// The answer was on its way while the password came into being.
TEST_F(AccessCacheTest, DoesNotRememberAnAnswerOfAnotherState) {
  cache.update(state(2, {"a", "b"}));
  EXPECT_EQ(ask("guess", wrong(1)), AccessDecision::wrong_password);
  EXPECT_EQ(known("guess"), std::nullopt);
}

TEST_F(AccessCacheTest, DropsAPasswordThatIsNotValidAnyMore) {
  cache.update(state(1, {"a"}));
  ask("secret", right("a", 1));
  cache.update(state(2, {"b"}));
  EXPECT_EQ(known("secret"), std::nullopt);
  EXPECT_EQ(ask("secret", right("a", 1)), AccessDecision::revoked);  // of before the change
  EXPECT_EQ(ask("secret", {AccessDecision::revoked, "a", 2, false}), AccessDecision::revoked);
  EXPECT_EQ(known("secret"), AccessDecision::revoked);
}

TEST_F(AccessCacheTest, APasswordEndsByItself) {
  auto until = state(1, {"a"});
  until.passwords.front().valid_until = unix_seconds(clock.system_now()) + 10;
  cache.update(until);
  ask("secret", right("a", 1));
  clock.advance(9s);
  EXPECT_EQ(known("secret"), AccessDecision::allowed);
  clock.advance(1s);
  EXPECT_EQ(known("secret"), std::nullopt);
}

TEST_F(AccessCacheTest, WithoutTheAuthorityKnownPasswordsWorkAndNothingElse) {
  cache.update(state(1, {"a"}));
  ask("secret", right("a", 1));
  cache.lost();
  EXPECT_EQ(known("secret"), AccessDecision::allowed);
  EXPECT_EQ(known("other"), AccessDecision::unknown);
  cache.update(state(1, {"a"}));
  EXPECT_EQ(known("other"), std::nullopt);
}

TEST_F(AccessCacheTest, AnOpenServerIsClosedWhileTheAuthorityIsAway) {
  auto open = state(0, {});
  open.open = true;
  cache.update(open);
  EXPECT_EQ(cache.open(), true);
  EXPECT_EQ(known("whatever"), AccessDecision::allowed);
  EXPECT_EQ(cache.decide(AccessPurpose::proxy, std::nullopt, here)->decision, AccessDecision::allowed);
  cache.lost();
  EXPECT_EQ(known("whatever"), AccessDecision::unknown);
  EXPECT_EQ(cache.open(), std::nullopt);
}

TEST_F(AccessCacheTest, SwitchesAreForOnePurposeEach) {
  auto off = state(1, {"a"});
  off.new_queues = false;
  cache.update(off);
  EXPECT_EQ(known("secret"), AccessDecision::switched_off);
  EXPECT_EQ(known("secret", AccessPurpose::proxy), std::nullopt);
  off.new_queues = true;
  off.proxy = false;
  cache.update(off);
  EXPECT_EQ(known("secret"), std::nullopt);
  EXPECT_EQ(known("secret", AccessPurpose::proxy), AccessDecision::switched_off);
}

TEST_F(AccessCacheTest, KeepsADailyLimit) {
  auto limited = state(1, {"a"});
  limited.passwords.front().remaining = 2;
  cache.update(limited);
  EXPECT_EQ(ask("secret", right("a", 1)), AccessDecision::allowed);
  EXPECT_EQ(known("secret"), AccessDecision::allowed);
  EXPECT_EQ(known("secret"), AccessDecision::daily_limit);
  EXPECT_EQ(known("secret", AccessPurpose::proxy), AccessDecision::allowed);
  limited.passwords.front().remaining = 1;
  cache.update(limited);
  EXPECT_EQ(known("secret"), AccessDecision::allowed);
}

TEST_F(AccessCacheTest, AGuessablePasswordIsRefusedWhereTooManyWrongOnesComeFrom) {
  cache.update(state(1, {"chosen", "made"}));
  ask("chosen", right("chosen", 1, true));
  ask("made", right("made", 1));
  for (const auto* guess : {"1", "2", "3"}) ask(guess, wrong(1));
  EXPECT_EQ(known("chosen"), AccessDecision::too_many_attempts);
  EXPECT_EQ(known("made"), AccessDecision::allowed);
  EXPECT_EQ(cache.decide(AccessPurpose::new_queue, as_bytes("chosen"), std::array<std::uint8_t, 16>{2})->decision,
            AccessDecision::allowed);
  clock.advance(10s);
  EXPECT_EQ(known("chosen"), AccessDecision::allowed);
}

TEST_F(AccessCacheTest, RepeatedGuessesCountToo) {
  cache.update(state(1, {"chosen"}));
  ask("chosen", right("chosen", 1, true));
  ask("guess", wrong(1));
  EXPECT_EQ(known("guess"), AccessDecision::wrong_password);
  EXPECT_EQ(known("chosen"), AccessDecision::allowed);
  EXPECT_EQ(known("guess"), AccessDecision::wrong_password);
  EXPECT_EQ(known("chosen"), AccessDecision::too_many_attempts);
}

TEST_F(AccessCacheTest, AsksOnceForManyAtATime) {
  cache.update(state(1, {"a"}));
  std::vector<AccessDecision> decisions;
  const auto done = [&](const backend::Admission& admission) { decisions.push_back(admission.decision); };
  for (int i = 0; i < 3; ++i) cache.ask(AccessPurpose::new_queue, as_bytes("secret"), here, done);
  EXPECT_THAT(authority.asked, testing::ElementsAre("secret"));
  authority.answers.front()(right("a", 1));
  EXPECT_THAT(decisions,
              testing::ElementsAre(AccessDecision::allowed, AccessDecision::allowed, AccessDecision::allowed));
}

TEST_F(AccessCacheTest, BoundsItsQuestions) {
  cache.update(state(1, {"a"}));
  std::vector<AccessDecision> decisions;
  const auto done = [&](const backend::Admission& admission) { decisions.push_back(admission.decision); };
  for (int i = 0; i < 257; ++i) cache.ask(AccessPurpose::new_queue, as_bytes(std::to_string(i)), here, done);
  EXPECT_EQ(authority.asked.size(), 256U);
  EXPECT_THAT(decisions, testing::ElementsAre(AccessDecision::too_many_attempts));
  for (auto& answer : authority.answers) answer(wrong(1));
  EXPECT_EQ(decisions.size(), 257U);
}

TEST_F(AccessCacheTest, ReportsQueuesOnce) {
  cache.update(state(1, {"a"}));
  ask("secret", right("a", 1));
  cache.decide(AccessPurpose::new_queue, as_bytes("secret"), here)->use->queues += 3;
  cache.update(state(2, {}));  // not valid any more: what was made with it counts all the same
  cache.stop();
  EXPECT_THAT(authority.reported, testing::ElementsAre(testing::Pair("a", 3U)));
  EXPECT_EQ(authority.sink, nullptr);
}

}  // namespace
}  // namespace sotto::gateway
