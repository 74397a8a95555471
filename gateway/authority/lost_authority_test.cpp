// The auth service goes away, comes back, hangs, or was never there; and the gateway ends.
#include <gtest/gtest.h>

#include "gateway/authority/grpc_access_authority.hpp"
#include "gateway/authority/test_gateway.hpp"
#include "gateway/authority/test_network.hpp"
#include "libs/crypto/random.hpp"
#include "services/auth/rpc/test_auth_server.hpp"
#include "services/auth/rpc/test_authority.hpp"

namespace sotto::gateway {
namespace {

using backend::AccessDecision;
using test::wait_until;
using namespace std::chrono_literals;

class RestartedBook : public auth::TestAuthBook {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  ~RestartedBook() override { gateway.stop(); }
  void wait_for_open(std::optional<bool> open) const {
    wait_until("the gateway knows", [&] { return gateway.cache.open() == open; });
  }

  TestGateway gateway{test_settings(address()), 7, clock};
};

TEST_F(RestartedBook, RightPasswordsWorkMeanwhileAndOthersAreRefused) {
  const auto made = create("team-a");
  const std::string right(made.secret->expose());
  const std::string unasked(create("team-b").secret->expose());
  wait_for_open(false);
  EXPECT_EQ(gateway.create(right), AccessDecision::allowed);
  EXPECT_EQ(gateway.create("wrong"), AccessDecision::wrong_password);

  stop();
  wait_for_open(std::nullopt);
  EXPECT_EQ(gateway.create(right), AccessDecision::allowed);
  EXPECT_EQ(gateway.create(unasked), AccessDecision::unknown);
  EXPECT_EQ(gateway.create("another"), AccessDecision::unknown);
  EXPECT_EQ(gateway.authority.counters().connected, 0U);

  start();
  wait_for_open(false);
  EXPECT_EQ(gateway.create(right), AccessDecision::allowed);
  EXPECT_EQ(gateway.create(unasked), AccessDecision::allowed);
  EXPECT_EQ(gateway.create("another"), AccessDecision::wrong_password);
  EXPECT_TRUE(gateway.authority.healthy());
  EXPECT_EQ(gateway.authority.counters().watched, 2U);
  EXPECT_EQ(gateway.authority.counters().lost, 1U);
  // Uses of the time between are not lost.
  gateway.stop();
  book->stop();
  const auto stored = store.load();
  std::uint64_t uses = 0;
  for (const auto& password : stored->passwords) uses += password.uses;
  EXPECT_EQ(uses, 4U);
}

TEST_F(RestartedBook, WhatChangedMeanwhileHoldsAfterwards) {
  const auto made = create("team-a");
  const std::string right(made.secret->expose());
  wait_for_open(false);
  EXPECT_EQ(gateway.create(right), AccessDecision::allowed);
  server.reset();
  wait_for_open(std::nullopt);
  ASSERT_TRUE(admin->revoke(anna, made.password.id, {}));
  EXPECT_EQ(gateway.create(right), AccessDecision::allowed);  // nobody can tell
  start();
  wait_for_open(false);
  EXPECT_EQ(gateway.create(right), AccessDecision::revoked);
}

TEST_F(RestartedBook, AnOpenServerIsClosedWhileNobodyCanTell) {
  wait_for_open(true);
  EXPECT_EQ(gateway.create("anything"), AccessDecision::allowed);
  stop();
  wait_for_open(std::nullopt);
  EXPECT_EQ(gateway.create("anything"), AccessDecision::unknown);
  start();
  wait_for_open(true);
  EXPECT_EQ(gateway.create("anything"), AccessDecision::allowed);
}

class LostAuthority : public testing::Test {
 protected:
  void watch(GrpcAccessAuthority& authority) {
    authority.watch(&sink);
    wait_until("it watches", [&] { return sink.generation() > 0; });
  }
  std::string socket(const std::string& name) { return "unix:" + (directory_.path() / name).string(); }

  ManualClock clock;
  RecordingSink sink;
  auth::ScriptedAuthority scripted;
  Questions questions;

 private:
  test::TempDir directory_;
};

TEST_F(LostAuthority, AServiceThatWasNeverThereIsUnknown) {
  GrpcAccessAuthority authority(test_settings(socket("nobody")), 7, clock);
  authority.watch(&sink);
  wait_until("some attempts failed", [&] { return authority.counters().watch_failures >= 3; });
  questions.ask(authority, "password");
  wait_until("it is answered", [&] { return questions.answered() == 1; });
  EXPECT_EQ(questions.count(AccessDecision::unknown), 1U);
  EXPECT_EQ(sink.calls(), 0);
  authority.report({{"id", 3}});
  EXPECT_EQ(authority.counters().queues_unreported, 3U);
  authority.stop();  // does not wait for who is not there
  EXPECT_EQ(authority.counters().queues_unreported, 0U);
  EXPECT_EQ(authority.counters().queues_dropped, 3U);
}

// It takes the connection, and that is all.
TEST_F(LostAuthority, AServiceThatHangsIsUnknownAfterTheDeadline) {
  const SilentListener silent;
  auto settings = test_settings(silent.address());
  settings.check_deadline = 50ms;
  settings.watch_timeout = 50ms;
  GrpcAccessAuthority authority(settings, 7, clock);
  wait_until("attempts are given up", [&] { return authority.counters().watch_failures >= 2; });
  questions.ask(authority, "password");
  wait_until("it is answered", [&] { return questions.answered() == 1; });
  EXPECT_EQ(questions.count(AccessDecision::unknown), 1U);
  EXPECT_EQ(authority.counters().watched, 0U);
}

// It says what holds, and does not answer questions.
TEST_F(LostAuthority, AnAnswerThatDoesNotComeIsUnknownAfterTheDeadline) {
  scripted.tell(1);
  auth::TestAuthServer server("127.0.0.1:0", scripted);
  auto settings = test_settings(server.address());
  settings.check_deadline = 50ms;
  GrpcAccessAuthority authority(settings, 7, clock);
  watch(authority);
  scripted.hold();
  for (int i = 0; i < 20; ++i) questions.ask(authority, "password");
  wait_until("all are answered", [&] { return questions.answered() == 20; });
  EXPECT_EQ(questions.count(AccessDecision::unknown), 20U);
  EXPECT_EQ(authority.counters().checks_failed, 20U);
  EXPECT_TRUE(authority.healthy());
  scripted.answer_held();  // too late
  scripted.answer({AccessDecision::allowed, "id", 1, false});
  questions.ask(authority, "password");
  wait_until("it is answered", [&] { return questions.answered() == 21; });
  EXPECT_EQ(questions.answered(), 21U);
  authority.stop();
  EXPECT_EQ(questions.answered(), 21U);
}

// The connection stays, and nothing comes: only keep-alive notices.
TEST_F(LostAuthority, ADeadNetworkIsNoticed) {
  scripted.tell(1);
  auth::TestAuthServer server("127.0.0.1:0", scripted);
  PausedNetwork network(server.address());
  auto settings = test_settings(network.address());
  settings.keepalive_time = 50ms;
  settings.keepalive_timeout = 300ms;
  GrpcAccessAuthority authority(settings, 7, clock);
  watch(authority);
  network.pause(true);
  wait_until("it is lost", [&] { return sink.losses() == 1; });
  EXPECT_FALSE(authority.healthy());
  scripted.tell(2);
  network.pause(false);
  wait_until("it is there again", [&] { return sink.generation() == 2; });
}

TEST_F(LostAuthority, AnotherReplicaIsUsed) {
  const auto first = socket("first");
  const auto second = socket("second");
  scripted.tell(1);
  auto server = std::make_unique<auth::TestAuthServer>(second, scripted);
  GrpcAccessAuthority authority(test_settings(first + "," + second), 7, clock);
  watch(authority);
  EXPECT_GE(authority.counters().watch_failures, 1U);

  auth::ScriptedAuthority other;
  other.tell(5);
  other.answer({AccessDecision::allowed, "id", 5, false});
  auth::TestAuthServer other_server(first, other);
  server.reset();
  wait_until("the other one is watched", [&] { return sink.generation() == 5; });
  EXPECT_EQ(sink.losses(), 1);
  questions.ask(authority, "password");
  wait_until("it is answered", [&] { return questions.answered() == 1; });
  EXPECT_EQ(questions.count(AccessDecision::allowed), 1U);
  authority.stop();
}

TEST_F(LostAuthority, WhoWatchesLateIsToldTheState) {
  scripted.tell(3);
  auth::TestAuthServer server("127.0.0.1:0", scripted);
  GrpcAccessAuthority authority(test_settings(server.address()), 7, clock);
  wait_until("it is connected", [&] { return authority.healthy(); });
  authority.watch(&sink);
  EXPECT_EQ(sink.generation(), 3U);
  RecordingSink other;
  authority.watch(&other);
  scripted.tell(4);
  wait_until("the other one is told", [&] { return other.generation() == 4; });
  EXPECT_EQ(sink.generation(), 3U);
  authority.watch(nullptr);
  const int calls = other.calls();
  scripted.tell(5);
  server.stop();
  wait_until("it is lost", [&] { return authority.counters().lost == 1; });
  EXPECT_EQ(other.calls(), calls);
}

TEST_F(LostAuthority, TheServiceStopsWithStreamsAndQuestionsUnderWay) {
  scripted.tell(1);
  scripted.hold();
  auth::TestAuthServer server("127.0.0.1:0", scripted);
  GrpcAccessAuthority authority(test_settings(server.address()), 7, clock);
  watch(authority);
  for (int i = 0; i < 20; ++i) questions.ask(authority, "password");
  wait_until("all are asked", [&] { return scripted.held() == 20; });
  server.stop();
  wait_until("all are answered", [&] { return questions.answered() == 20; });
  EXPECT_EQ(questions.count(AccessDecision::unknown), 20U);
  wait_until("it is lost", [&] { return sink.losses() == 1; });
  scripted.answer_held();
}

TEST_F(LostAuthority, TheGatewayStopsWithStreamsAndQuestionsUnderWay) {
  scripted.tell(1);
  scripted.hold();
  auth::TestAuthServer server("127.0.0.1:0", scripted);
  GrpcAccessAuthority authority(test_settings(server.address()), 7, clock);
  watch(authority);
  for (int i = 0; i < 20; ++i) questions.ask(authority, "password");
  wait_until("all are asked", [&] { return scripted.held() == 20; });
  authority.stop();
  EXPECT_EQ(questions.answered(), 20U);
  EXPECT_EQ(questions.count(AccessDecision::unknown), 20U);
  EXPECT_EQ(sink.losses(), 1);
  const int calls = sink.calls();
  scripted.answer_held();
  scripted.tell(2);
  questions.ask(authority, "password");
  EXPECT_EQ(questions.answered(), 21U);  // at once
  authority.report({{"id", 1}});
  authority.stop();
  EXPECT_EQ(sink.calls(), calls);
  EXPECT_EQ(authority.counters().checks_in_flight, 0U);
  wait_until("the service sees it", [&] { return server.service.watching() == 0; });
}

// Whatever it is doing, it ends.
TEST_F(LostAuthority, ComesAndGoesWhileTheServiceDoes) {
  const auto address = socket("auth");
  std::atomic<bool> over{false};
  std::thread service([&] {
    while (!over) {
      scripted.tell(1);
      auth::TestAuthServer server(address, scripted);
    }
  });
  for (int i = 0; i < 100; ++i) {
    GrpcAccessAuthority authority(test_settings(address), 7, clock);
    authority.watch(&sink);
    for (int k = 0; k < 5; ++k) questions.ask(authority, "password");
  }
  over = true;
  service.join();
  EXPECT_EQ(questions.answered(), questions.asked);
}

}  // namespace
}  // namespace sotto::gateway
