#include "admin-cli/doctor/clock_check.hpp"

#include <gtest/gtest.h>

namespace sotto::cli {
namespace {

using namespace std::chrono_literals;

TEST(DoctorClock, AgreesWithTheDatabase) {
  EXPECT_EQ(judge_difference(0ms).state, State::ok);
  EXPECT_EQ(judge_difference(2s).state, State::ok);
  EXPECT_EQ(judge_difference(-2s).state, State::ok);
}

TEST(DoctorClock, DiffersFromTheDatabase) {
  EXPECT_EQ(judge_difference(2001ms).state, State::warning);
  EXPECT_EQ(judge_difference(-30s).state, State::warning);
  EXPECT_EQ(judge_difference(30001ms).state, State::failed);
  EXPECT_EQ(judge_difference(-31s).seen, "the clock is 31 s behind that of the database");
  EXPECT_EQ(judge_difference(31s).seen, "the clock is 31 s ahead of that of the database");
}

TEST(DoctorClock, IsKeptRightOrNot) {
  EXPECT_EQ(judge_synchronised(true).state, State::ok);
  EXPECT_EQ(judge_synchronised(false).state, State::warning);
  // What the machine says is its own matter: only that it can be asked.
  static_cast<void>(clock_is_synchronised());
}

}  // namespace
}  // namespace sotto::cli
