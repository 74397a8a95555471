#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/auth/domain/password_admin.hpp"
#include "services/auth/domain/test_keys.hpp"
#include "services/auth/storage/memory/memory_password_store.hpp"
#include "services/auth/storage/redis/redis_attempt_limits.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/redis/redis_cluster.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::auth {
namespace {

using namespace std::chrono_literals;
using backend::AccessDecision;
using backend::AccessSource;
using redis::Command;

AccessSource source(std::uint8_t number) {
  AccessSource out;
  out.emplace().fill(number);
  return out;
}

// An auth service, as far as it counts failures.
struct Replica {
  explicit Replica(const redis::Options& options, backend::AttemptLimits::Options limit)
      : client(redis::Client::start(options).value()), limits(limit, clock, *client) {}
  void fail(int times, const AccessSource& from) {
    for (int i = 0; i < times; ++i) limits.failed(from);
  }
  [[nodiscard]] bool limited(std::uint8_t number) const { return limits.limited(source(number)); }

  ManualClock clock;
  std::unique_ptr<redis::Client> client;
  RedisAttemptLimits limits;
};

// So long that nothing leaks while a test runs.
constexpr backend::AttemptLimits::Options kLimit{.burst = 3, .leak = 1h, .max_sources = 100};

class RedisAttemptLimitsTest : public testing::Test {
 protected:
  std::unique_ptr<Replica> start(backend::AttemptLimits::Options limit = kLimit) {
    const auto before = listeners();
    auto replica = std::make_unique<Replica>(server.client_options(), limit);
    EXPECT_TRUE(replica->client->wait_connected(std::chrono::steady_clock::now() + 20s));
    test::wait_until("the replica to listen", [&] { return listeners() > before; });
    return replica;
  }
  [[nodiscard]] std::int64_t listeners() const {
    return server.execute(Command("PUBSUB").arg("NUMSUB").arg("sotto:attempts"))[1].integer();
  }
  static void wait_limited(const Replica& replica, std::uint8_t number) {
    test::wait_until("the source to be limited", [&] { return replica.limited(number); });
  }

  test::RedisServer server;
};

TEST_F(RedisAttemptLimitsTest, WhatOneSeesLimitsAtTheOther) {
  const auto one = start();
  const auto two = start();
  one->fail(3, source(1));
  EXPECT_TRUE(one->limited(1));  // at once
  wait_limited(*two, 1);
  EXPECT_FALSE(two->limited(2));
}

TEST_F(RedisAttemptLimitsTest, FailuresAtSeveralAddUp) {
  const auto one = start();
  const auto two = start();
  const auto three = start();
  for (const auto* each : {&one, &two, &three}) (*each)->fail(1, source(1));
  for (const auto* each : {&one, &two, &three}) wait_limited(**each, 1);
}

TEST_F(RedisAttemptLimitsTest, OneThatStartsLaterLearnsWithTheFirstFailure) {
  const auto one = start();
  one->fail(3, source(1));
  wait_limited(*one, 1);
  test::wait_until("Redis to have all", [&] { return one->limits.counters().heard == 3; });
  const auto late = start();
  EXPECT_FALSE(late->limited(1));
  late->fail(1, source(1));
  wait_limited(*late, 1);
}

TEST_F(RedisAttemptLimitsTest, AnUnknownSourceIsNeitherLimitedNorSent) {
  const auto one = start();
  one->fail(100, std::nullopt);
  EXPECT_FALSE(one->limits.limited(std::nullopt));
  EXPECT_EQ(one->limits.counters().sent, 0U);
}

TEST_F(RedisAttemptLimitsTest, RedisHoldsDigestsOnlyAndNotForLong) {
  const auto one = start();
  one->fail(50, source(7));
  test::wait_until("Redis to have all", [&] { return one->limits.counters().heard == 50; });
  const auto keys = server.execute(Command("KEYS").arg("*"));
  ASSERT_EQ(keys.array().size(), 1U);
  EXPECT_EQ(keys[0].text(), "a:" + std::string(16, '\x07'));
  EXPECT_EQ(server.execute(Command("GET").key(keys[0].text())).text(), "");
  const auto left = server.execute(Command("PTTL").key(keys[0].text())).integer();
  EXPECT_GT(left, std::chrono::milliseconds(2h).count());
  EXPECT_LE(left, std::chrono::milliseconds(3h).count());
}

TEST_F(RedisAttemptLimitsTest, KeysGoByThemselves) {
  const auto one = start({.burst = 1, .leak = 1s, .max_sources = 100});
  one->fail(1, source(1));
  test::wait_until("Redis to have it", [&] { return one->limits.counters().heard == 1; });
  test::wait_until("the key to go", [&] { return server.execute(Command("DBSIZE")).integer() == 0; });
}

TEST_F(RedisAttemptLimitsTest, WithoutRedisEachHasItsOwnLimits) {
  const auto one = start();
  const auto two = start();
  server.stop();
  one->fail(2, source(1));
  two->fail(3, source(2));
  EXPECT_FALSE(one->limited(1));
  EXPECT_TRUE(two->limited(2));
  one->fail(1, source(1));
  EXPECT_TRUE(one->limited(1));
  EXPECT_FALSE(two->limited(1));
  EXPECT_FALSE(one->limited(2));
  // And when it is back, they share them again.
  server.start();
  for (const auto* each : {&one, &two}) {
    ASSERT_TRUE((*each)->client->wait_connected(std::chrono::steady_clock::now() + 20s));
  }
  one->fail(3, source(3));
  wait_limited(*two, 3);
}

TEST_F(RedisAttemptLimitsTest, ARedisThatDoesNotAnswerHoldsNobodyUp) {
  const auto one = start();
  server.pause();
  one->fail(1, source(1));
  EXPECT_FALSE(one->limited(1));
  one->fail(5000, source(1));  // these would wait for hours, if they waited
  EXPECT_TRUE(one->limited(1));
  EXPECT_EQ(one->limits.counters().sent, 1000U);
  EXPECT_EQ(one->limits.counters().unsent, 4001U);
  server.resume();
}

TEST_F(RedisAttemptLimitsTest, WhatIsNoMessageOfOursIsIgnored) {
  const auto one = start();
  const std::string digest(16, '\x01');
  for (const auto& message : {std::string(), digest, digest + "many", digest + "7200000 and more", digest + "-5",
                              digest + "99999999999999999999"}) {
    server.execute(Command("PUBLISH").arg("sotto:attempts").arg(message));
  }
  server.execute(Command("PUBLISH").arg("sotto:attempts").arg(std::string(16, '\x02') + "9223372036854775807"));
  wait_limited(*one, 2);
  EXPECT_FALSE(one->limited(1));
}

TEST_F(RedisAttemptLimitsTest, MayGoWhileAnswersAreAwaited) {
  auto one = start();
  server.pause();
  one->fail(10, source(1));
  const auto client = std::move(one->client);  // goes last, with all that waits in it
  one.reset();
  server.resume();
}

TEST_F(RedisAttemptLimitsTest, BooksOfTwoReplicasRefuseAGuesserOfEither) {
  const auto one = start();
  const auto two = start();
  const ManualClock clock;
  const PasswordHasher hasher{test_keys()};
  MemoryPasswordStore store;
  const auto book_one = *PasswordBook::open({}, store, hasher, one->limits, clock);
  const auto book_two = *PasswordBook::open({}, store, hasher, two->limits, clock);
  PasswordAdmin admin(store, *book_two, hasher, clock);
  const std::string chosen = "Correct-Horse-Battery-7";
  const auto made = admin.create({"anna", Role::operator_}, {.label = "team-a", .own = SecretString(chosen)}, {});
  ASSERT_TRUE(made) << made.error().message;
  const auto check = [](PasswordBook& book, const std::string& password, std::uint8_t from) {
    std::promise<AccessDecision> answer;
    book.check(as_bytes(password), source(from),
               [&](const backend::CheckResult& result) { answer.set_value(result.decision); });
    return answer.get_future().get();
  };
  for (int i = 0; i < 3; ++i) check(*book_one, "guess-" + std::to_string(i), 1);
  wait_limited(*two, 1);
  EXPECT_EQ(check(*book_two, chosen, 1), AccessDecision::too_many_attempts);
  EXPECT_EQ(check(*book_two, chosen, 2), AccessDecision::allowed);
}

TEST(RedisAttemptLimitsCluster, ReplicasAtAClusterShareThem) {
  const test::RedisCluster cluster;
  Replica one(cluster.client_options(), kLimit);
  Replica two(cluster.client_options(), kLimit);
  for (std::uint8_t number = 1; number <= 8; ++number) {  // keys of several nodes
    test::wait_until("the other to hear of it", [&] {
      one.fail(1, source(number));
      return two.limited(number);
    });
  }
}

}  // namespace
}  // namespace sotto::auth
