#include "libs/service/readiness.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "tests/support/child/child.hpp"

namespace sotto::service {
namespace {

class ReadinessTest : public testing::Test {
 protected:
  ReadinessTest() {
    health.add("database", [this]() -> Status {
      if (there) return ok_status();
      return Error{ErrorCode::unavailable, "away"};
    });
  }
  Status look() {
    there = found.load();
    if (there) return ok_status();
    return Error{ErrorCode::connection_failed, "away"};
  }

  Health health;
  std::atomic<bool> found{true};
  std::atomic<bool> there{true};
  std::atomic<int> said{-1};
  Readiness readiness{[this] { return look(); }, [this](bool ready) { said = ready ? 1 : 0; }};
};

TEST_F(ReadinessTest, FollowsTheChecks) {
  readiness.start(health, true);
  test::wait_until("it is ready", [&] { return said == 1; });
  found = false;
  test::wait_until("it is not", [&] { return said == 0; });
  found = true;
  test::wait_until("it is again", [&] { return said == 1; });
}

TEST_F(ReadinessTest, OnceWithdrawnIsNeverReady) {
  readiness.withdraw();
  readiness.start(health, true);
  EXPECT_EQ(said, 0);
  readiness.withdraw();
  EXPECT_EQ(said, 0);
}

}  // namespace
}  // namespace sotto::service
