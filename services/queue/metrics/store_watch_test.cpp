#include "services/queue/metrics/store_watch.hpp"

#include <gtest/gtest.h>

namespace sotto::queue {
namespace {

using std::chrono::seconds;

class StoreWatchTest : public testing::Test {
 protected:
  GroupCommitCounters counters;
  ManualClock clock;
  StoreWatch watch{counters, clock};
};

TEST_F(StoreWatchTest, IsOkWhenNothingHappens) {
  EXPECT_TRUE(watch.state().ok());
  clock.advance(seconds(1000));
  EXPECT_TRUE(watch.state().ok());
}

TEST_F(StoreWatchTest, FailsFromAFailureUntilACommit) {
  ++counters.store_failures;
  EXPECT_FALSE(watch.state().ok());
  clock.advance(seconds(4));
  EXPECT_FALSE(watch.state().ok());
  ++counters.commits;
  EXPECT_TRUE(watch.state().ok());
}

TEST_F(StoreWatchTest, AFailureBesideACommitIsOneQueue) {
  ++counters.store_failures;
  ++counters.commits;
  EXPECT_TRUE(watch.state().ok());
}

TEST_F(StoreWatchTest, IsInDoubtForAWhileOnly) {
  ++counters.store_failures;
  EXPECT_FALSE(watch.state().ok());
  clock.advance(seconds(6));
  EXPECT_TRUE(watch.state().ok());
  ++counters.store_failures;
  EXPECT_FALSE(watch.state().ok());
}

}  // namespace
}  // namespace sotto::queue
