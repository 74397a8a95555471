#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/doctor/redis_check.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DoctorRedis, IsThere) {
  const test::RedisServer server;
  const auto findings = check_redis(server.client_options());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].state, State::ok) << findings[0].seen;
  EXPECT_THAT(findings[0].seen, Not(HasSubstr("unknown")));
}

TEST(DoctorRedis, ForgetsWhenItIsFull) {
  test::RedisServer::Options options;
  options.settings = {"maxmemory-policy allkeys-lru"};
  const test::RedisServer server(options);
  const auto findings = check_redis(server.client_options());
  EXPECT_EQ(state_of(findings), State::warning);
  EXPECT_THAT(findings.back().seen, HasSubstr("allkeys-lru"));
}

TEST(DoctorRedis, IsNotReached) {
  test::RedisServer::Options options;
  options.password = "right";
  test::RedisServer server(options);
  auto wrong = server.client_options();
  wrong.password = SecretString("another-secret");
  const auto refused = check_redis(wrong);
  EXPECT_EQ(state_of(refused), State::failed);
  EXPECT_THAT(refused[0].seen, Not(HasSubstr("another-secret")));
  server.stop();
  EXPECT_EQ(state_of(check_redis(server.client_options())), State::failed);
}

TEST(DoctorRedis, MayTellNothing) {
  EXPECT_EQ(judge_info("").front().seen, "reached; version unknown");
  EXPECT_EQ(judge_info("# Server\r\nredis_version:7.0.15\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n").size(), 1U);
}

}  // namespace
}  // namespace sotto::cli
