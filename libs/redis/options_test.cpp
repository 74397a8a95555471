#include "libs/redis/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::redis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(RedisUrl, IsRead) {
  const auto plain = Options::parse_url("redis://redis.example");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_THAT(plain->servers, ElementsAre(Address{"redis.example", 6379}));
  EXPECT_FALSE(plain->tls);
  EXPECT_TRUE(plain->user.empty());

  const auto full = Options::parse_url("rediss://queue@10.0.0.1:7000,[2001:db8::1]:7001,three/");
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_THAT(full->servers,
              ElementsAre(Address{"10.0.0.1", 7000}, Address{"2001:db8::1", 7001}, Address{"three", 6379}));
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->user, "queue");
  EXPECT_EQ(to_text(full->servers[1]), "[2001:db8::1]:7001");
}

TEST(RedisUrl, RefusesAPasswordWithoutRepeatingIt) {
  for (const auto* url : {"redis://user:pass@word/@host", "redis://:word@host:1", "rediss://a:word@b,c"}) {
    const auto refused = Options::parse_url(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(refused.error().message, HasSubstr("file"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("word@")));
  }
}

TEST(RedisUrl, RefusesWhatIsNone) {
  for (const auto* url :
       {"", "host", "http://host", "redis://", "redis://host:0", "redis://host:65536",
        "redis://host:", "redis://host:x", "redis://a,,b", "redis://a,", "redis://host/2", "redis://host?x=1",
        "redis://2001:db8::1", "redis://[::1", "redis://[::1]x", "redis://@host"}) {
    const auto refused = Options::parse_url(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_THAT(refused.error().message, HasSubstr("redis://"));
  }
}

}  // namespace
}  // namespace sotto::redis
