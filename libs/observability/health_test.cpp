#include "libs/observability/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto {
namespace {

using testing::SizeIs;

TEST(Health, IsReadyWithoutChecks) {
  const Health health;
  EXPECT_TRUE(health.ready());
  EXPECT_THAT(health.lines(), SizeIs(0));
}

TEST(Health, IsReadyWhenAllChecksAre) {
  Health health;
  Status database = ok_status();
  health.add("database", [&] { return database; });
  health.add("grpc", [] { return ok_status(); });
  EXPECT_TRUE(health.ready());
  database = Error{ErrorCode::unavailable, "the last transaction failed"};
  EXPECT_FALSE(health.ready());
  const auto lines = health.lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].name, "database");
  EXPECT_FALSE(lines[0].ok);
  EXPECT_EQ(lines[0].reason, "the last transaction failed");
  EXPECT_EQ(lines[1].name, "grpc");
  EXPECT_TRUE(lines[1].ok);
  EXPECT_EQ(lines[1].reason, "");
  database = ok_status();
  EXPECT_TRUE(health.ready());
}

TEST(Health, IsNotReadyWhileDrainingAndAsksNobody) {
  Health health;
  int asked = 0;
  health.add("database", [&] {
    ++asked;
    return ok_status();
  });
  health.drain();
  EXPECT_FALSE(health.ready());
  const auto lines = health.lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0].name, "drain");
  EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace sotto
