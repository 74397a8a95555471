// Gateways and the auth service over real gRPC, over a real book: what administrators do reaches the gateways, and what
// the gateways do reaches the book.
#include "gateway/authority/grpc_access_authority.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "gateway/authority/test_gateway.hpp"
#include "gateway/authority/test_network.hpp"
#include "libs/crypto/random.hpp"
#include "services/auth/rpc/test_auth_server.hpp"

namespace sotto::gateway {
namespace {

using backend::AccessDecision;
using test::wait_until;

class GatewaysAndBook : public auth::TestAuthBook {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  ~GatewaysAndBook() override {
    for (auto* gateway : {&a, &b}) gateway->stop();
  }

  auth::Made make(const std::string& label, std::uint32_t daily_limit = 0) {
    auto made = admin->create(anna, {.label = label, .daily_limit = daily_limit}, {});
    if (!made) throw std::runtime_error(made.error().message);
    return *std::move(made);
  }
  void wait_for_open(bool open) const {
    wait_until("both gateways know the state", [&] { return a.cache.open() == open && b.cache.open() == open; });
  }
  std::uint64_t uses() { return store.load()->passwords.front().uses; }
  std::uint64_t remaining() { return book->state().passwords.front().remaining.value_or(999); }

  TestGateway a{test_settings(address()), 7, clock};
  TestGateway b{test_settings(address()), 8, clock};
};

TEST_F(GatewaysAndBook, WhatAdministratorsDoReachesAllGateways) {
  wait_for_open(true);
  EXPECT_EQ(a.create("anything"), AccessDecision::allowed);

  const auto made = make("team-a");
  const std::string old(made.secret->expose());
  wait_for_open(false);
  for (auto* gateway : {&a, &b}) {
    EXPECT_EQ(gateway->create("anything"), AccessDecision::wrong_password);
    EXPECT_EQ(gateway->create(old), AccessDecision::allowed);
    EXPECT_EQ(gateway->decide(old), AccessDecision::allowed);  // remembered
  }
  const auto rotated = admin->rotate(anna, made.password.id, std::chrono::hours(1), std::nullopt, {});
  ASSERT_TRUE(rotated);
  const std::string next(rotated->after.secret->expose());
  for (auto* gateway : {&a, &b}) {
    EXPECT_EQ(gateway->create(old), AccessDecision::allowed);
    EXPECT_EQ(gateway->create(next), AccessDecision::allowed);
  }
  ASSERT_TRUE(admin->revoke(anna, made.password.id, {}));
  for (auto* gateway : {&a, &b}) {
    wait_until("the old password is forgotten", [&] { return gateway->decide(old) != AccessDecision::allowed; });
    EXPECT_EQ(gateway->create(old), AccessDecision::revoked);
    EXPECT_EQ(gateway->create(next), AccessDecision::allowed);
  }
  ASSERT_TRUE(admin->set_policy(anna, auth::Policy{false, true, {}}, {}, {}));
  for (auto* gateway : {&a, &b}) {
    wait_until("new queues are off", [&] { return gateway->decide(next) == AccessDecision::switched_off; });
  }
  EXPECT_EQ(a.authority.counters().watched, 1U);
  EXPECT_EQ(a.authority.counters().checks_failed, 0U);
}

TEST_F(GatewaysAndBook, AChosenPasswordIsHardenedElsewhere) {
  ASSERT_TRUE(admin->create(anna, {.label = "team-a", .own = SecretString("correct-horse-battery")}, {}));
  wait_for_open(false);
  EXPECT_EQ(a.create("correct-horse-battery"), AccessDecision::allowed);
  EXPECT_EQ(b.create("correct-horse-battery"), AccessDecision::allowed);
  EXPECT_EQ(book->counters().hardened, 1U);
}

TEST_F(GatewaysAndBook, QueuesAreCountedForAllGateways) {
  const std::string secret(make("team-a").secret->expose());
  wait_for_open(false);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(a.create(secret), AccessDecision::allowed);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(b.create(secret), AccessDecision::allowed);
  wait_until("all are counted", [&] { return uses() == 8; });
  // The last ones are told when a gateway stops.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(a.create(secret), AccessDecision::allowed);
  a.stop();
  EXPECT_EQ(a.authority.counters().queues_unreported, 0U);
  EXPECT_EQ(a.authority.counters().queues_dropped, 0U);
  book->stop();
  EXPECT_EQ(uses(), 12U);
}

TEST_F(GatewaysAndBook, ADailyLimitHoldsForAllGateways) {
  const std::string secret(make("team-a", 3).secret->expose());
  wait_for_open(false);
  RecordingSink sink;
  GrpcAccessAuthority third(test_settings(address()), 9, clock);
  third.watch(&sink);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(a.create(secret), AccessDecision::allowed);
  EXPECT_EQ(a.create(secret), AccessDecision::daily_limit);
  wait_until("the book knows", [&] { return remaining() == 0; });
  wait_until("all gateways know", [&] {
    const auto state = sink.state();
    return state && !state->passwords.empty() && state->passwords.front().remaining == 0U;
  });
  wait_until("the other gateway refuses", [&] { return b.create(secret) == AccessDecision::daily_limit; });
  // The next day.
  clock.advance(std::chrono::hours(24));
  wait_until("it may again", [&] { return b.create(secret) == AccessDecision::allowed; });
  third.stop();
}

TEST_F(GatewaysAndBook, AReportWhoseAnswerIsLostIsCountedOnce) {
  const auto id = make("team-a").password.id;
  FlakyService flaky(address());
  GrpcAccessAuthority authority(test_settings(flaky.address()), 9, clock);
  flaky.reports_to_lose = 3;
  authority.report({{id, 5}});
  wait_until("it is delivered", [&] { return authority.counters().reports == 1; });
  authority.report({{id, 1}});
  wait_until("the next one, too", [&] { return authority.counters().reports == 2; });
  EXPECT_EQ(flaky.numbers(), (std::vector<std::uint64_t>{1, 1, 1, 1, 2}));
  EXPECT_EQ(authority.counters().report_failures, 3U);
  EXPECT_EQ(authority.counters().queues_unreported, 0U);
  EXPECT_EQ(server->service.counters().reports_repeated, 3U);
  book->stop();
  EXPECT_EQ(uses(), 6U);
}

TEST_F(GatewaysAndBook, AReportThatIsRefusedDoesNotBlockTheNext) {
  const auto id = make("team-a").password.id;
  FlakyService flaky(address());
  GrpcAccessAuthority authority(test_settings(flaky.address()), 9, clock);
  flaky.answer_reports({grpc::StatusCode::INVALID_ARGUMENT, "never"});
  authority.report({{id, 5}});
  wait_until("it is given up", [&] { return authority.counters().queues_dropped == 5; });
  authority.report({{id, 2}});
  wait_until("so is the next", [&] { return authority.counters().queues_dropped == 7; });
  EXPECT_EQ(flaky.numbers(), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(GatewaysAndBook, WhatIsNotUnderstoodRefuses) {
  make("team-a");
  FlakyService flaky(address());
  TestGateway gateway(test_settings(flaky.address()), 9, clock);
  wait_until("the gateway watches", [&] { return gateway.cache.open() == false; });
  auth::v1::CheckPasswordResponse later;
  later.set_decision(static_cast<auth::v1::Decision>(99));
  later.set_password_id("id");
  flaky.answer_checks(later);
  EXPECT_EQ(gateway.create("password"), AccessDecision::unknown);
  EXPECT_EQ(gateway.authority.counters().checks_failed, 1U);
  flaky.answer_checks(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many"));
  EXPECT_EQ(gateway.create("password"), AccessDecision::too_many_attempts);
}

TEST_F(GatewaysAndBook, AFloodOfQuestionsIsAnswered) {
  const std::string secret(make("team-a").secret->expose());
  wait_for_open(false);
  auto settings = test_settings(address());
  settings.max_checks = 50;
  GrpcAccessAuthority authority(settings, 9, clock);
  RecordingSink sink;
  authority.watch(&sink);
  wait_until("it watches", [&] { return sink.generation() > 0; });
  Questions questions;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 500; ++i) {
        const auto guess = "guess-" + std::to_string(thread) + "-" + std::to_string(i);
        questions.ask(authority, i % 2 == 0 ? secret : guess);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  wait_until("all are answered", [&] { return questions.answered() == questions.asked; });
  const auto unknown = questions.count(AccessDecision::unknown);
  EXPECT_EQ(questions.count(AccessDecision::allowed) + questions.count(AccessDecision::wrong_password) + unknown,
            2000U);
  EXPECT_GE(questions.count(AccessDecision::allowed), 1U);
  EXPECT_EQ(authority.counters().checks, 2000U);
  EXPECT_EQ(authority.counters().checks_failed, unknown);
  EXPECT_EQ(authority.counters().checks_in_flight, 0U);
  // The gateways go on meanwhile, and afterwards.
  EXPECT_EQ(a.create(secret), AccessDecision::allowed);
  authority.stop();
  EXPECT_EQ(questions.answered(), 2000U);
}

TEST(GrpcAuthoritySettings, WhatCannotWorkIsRefused) {
  EXPECT_TRUE(GrpcAccessAuthority::check_settings(test_settings("auth:7003")).ok());
  EXPECT_FALSE(GrpcAccessAuthority::check_settings(test_settings("auth")).ok());
}

}  // namespace
}  // namespace sotto::gateway
