#include "libs/backend/attempt_limits.hpp"

#include <gtest/gtest.h>

namespace sotto::backend {
namespace {

using namespace std::chrono_literals;

AccessSource source(std::uint8_t number) {
  return std::array<std::uint8_t, 16>{number};
}

class AttemptLimitsTest : public testing::Test {
 protected:
  ManualClock clock;
  AttemptLimits limits{{.burst = 3, .leak = 10s, .max_sources = 4}, clock};

  void fail(int times, const AccessSource& from) {
    for (int i = 0; i < times; ++i) limits.failed(from);
  }
};

TEST_F(AttemptLimitsTest, LimitsWhoFailsOften) {
  fail(2, source(1));
  EXPECT_FALSE(limits.limited(source(1)));
  fail(1, source(1));
  EXPECT_TRUE(limits.limited(source(1)));
  EXPECT_FALSE(limits.limited(source(2)));
}

TEST_F(AttemptLimitsTest, ForgetsOneFailureAfterAnother) {
  fail(3, source(1));
  clock.advance(9s);
  EXPECT_TRUE(limits.limited(source(1)));
  clock.advance(1s);
  EXPECT_FALSE(limits.limited(source(1)));
  fail(1, source(1));
  EXPECT_TRUE(limits.limited(source(1)));
}

TEST_F(AttemptLimitsTest, AFloodLimitsNoLongerThanABurst) {
  fail(1000, source(1));
  EXPECT_TRUE(limits.limited(source(1)));
  clock.advance(10s);
  EXPECT_FALSE(limits.limited(source(1)));
}

TEST_F(AttemptLimitsTest, AnUnknownSourceIsNeverLimited) {
  fail(10, std::nullopt);
  EXPECT_FALSE(limits.limited(std::nullopt));
  EXPECT_EQ(limits.sources(), 0U);
}

TEST_F(AttemptLimitsTest, TakesInWhatOthersKnow) {
  limits.learned(source(1), 20s);  // two failures
  EXPECT_FALSE(limits.limited(source(1)));
  fail(1, source(1));
  EXPECT_TRUE(limits.limited(source(1)));
  limits.learned(source(1), 5s);  // is known better here
  EXPECT_TRUE(limits.limited(source(1)));
  // More than full is full.
  limits.learned(source(2), 24h);
  EXPECT_TRUE(limits.limited(source(2)));
  clock.advance(10s);
  EXPECT_FALSE(limits.limited(source(2)));
  // Nothing, and nobody.
  limits.learned(source(3), 0s);
  limits.learned(source(3), -5s);
  limits.learned(std::nullopt, 30s);
  EXPECT_FALSE(limits.limited(std::nullopt));
  EXPECT_EQ(limits.sources(), 2U);
}

TEST_F(AttemptLimitsTest, IsBounded) {
  for (std::uint8_t i = 1; i <= 4; ++i) fail(2, source(i));
  fail(1, source(1));
  fail(1, source(9));
  EXPECT_EQ(limits.sources(), 4U);
  EXPECT_TRUE(limits.limited(source(1)));  // the fullest one stays
  clock.advance(1min);
  fail(1, source(10));
  EXPECT_EQ(limits.sources(), 1U);
}

}  // namespace
}  // namespace sotto::backend
