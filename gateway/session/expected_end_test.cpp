#include "gateway/session/expected_end.hpp"

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

using Verdict = ExpectedEnd::Verdict;

TEST(ExpectedEnd, OfTheOnlySubscriptionIsItsEnd) {
  ExpectedEnd end;
  end.expect(false);
  EXPECT_TRUE(end.heard());
  end.answered(true);
  EXPECT_EQ(end.conclude(), Verdict::ended);
  EXPECT_EQ(end.conclude(), Verdict::none) << "said once";
}

TEST(ExpectedEnd, OfOneOfTwoIsForTheBackendToSay) {
  ExpectedEnd before;
  before.expect(true);
  EXPECT_TRUE(before.heard());
  before.answered(true);
  EXPECT_EQ(before.conclude(), Verdict::asks) << "it was the subscriber, and is again";

  ExpectedEnd twice;
  for (int i = 0; i < 2; ++i) {
    twice.expect(i != 0);
    twice.answered(true);
  }
  EXPECT_TRUE(twice.heard());
  EXPECT_EQ(twice.conclude(), Verdict::asks) << "two commands of one block";
}

TEST(ExpectedEnd, OfWhoWasTheSubscriberAndDidNotBecomeItAgain) {
  ExpectedEnd end;
  end.expect(true);
  EXPECT_TRUE(end.heard());
  end.answered(false);
  EXPECT_EQ(end.conclude(), Verdict::ended);
}

TEST(ExpectedEnd, OfNothingIsNone) {
  ExpectedEnd refused;
  refused.expect(false);
  EXPECT_TRUE(refused.heard());
  refused.answered(false);
  EXPECT_EQ(refused.conclude(), Verdict::none);

  ExpectedEnd unheard;
  unheard.expect(true);
  unheard.answered(true);
  EXPECT_EQ(unheard.conclude(), Verdict::none);
}

TEST(ExpectedEnd, IsNotRememberedWhileNothingIsUnderWay) {
  ExpectedEnd end;
  EXPECT_FALSE(end.heard());
  end.expect(false);
  EXPECT_TRUE(end.expecting());
  end.answered(true);
  EXPECT_EQ(end.conclude(), Verdict::none);
  EXPECT_FALSE(end.expecting());
  EXPECT_FALSE(end.heard());
}

}  // namespace
}  // namespace sotto::gateway
