#include "admin-cli/doctor/limits_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::cli {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

TEST(DoctorFiles, AreEnoughForTheConnections) {
  EXPECT_EQ(judge_files({10'700, true}, 10'000).state, State::ok);
  const auto few = judge_files({10'699, true}, 10'000);
  EXPECT_EQ(few.state, State::failed);
  EXPECT_THAT(few.seen, HasSubstr("too few for transport.max_connections = 10000"));
  EXPECT_THAT(few.remedy, HasSubstr("to 10700 at least"));
}

TEST(DoctorFiles, OfThisProcessSayLittleOfTheServer) {
  EXPECT_EQ(judge_files({1024, false}, 10'000).state, State::warning);
}

TEST(DoctorFiles, AreFew) {
  EXPECT_EQ(judge_files({1024, true}, 0).state, State::warning);
  EXPECT_EQ(judge_files({1'048'576, true}, 0).state, State::ok);
  EXPECT_GT(own_file_limit().files, 0U);
}

TEST(DoctorSpace, IsEnough) {
  const auto finding = judge_space("/data", {50 * kGiB + kGiB / 2, 100 * kGiB});
  EXPECT_EQ(finding.state, State::ok);
  EXPECT_EQ(finding.seen, "50.5 GiB free (50 %) for /data");
}

TEST(DoctorSpace, RunsOut) {
  EXPECT_EQ(judge_space("/data", {10 * kGiB, 100 * kGiB}).state, State::ok);
  EXPECT_EQ(judge_space("/data", {10 * kGiB - 1, 100 * kGiB}).state, State::warning);
  EXPECT_EQ(judge_space("/data", {2 * kGiB, 100 * kGiB}).state, State::warning);
  EXPECT_EQ(judge_space("/data", {2 * kGiB - 1, 100 * kGiB}).state, State::failed);
  EXPECT_EQ(judge_space("/data", {kGiB, 2 * kGiB}).state, State::ok);
  EXPECT_EQ(judge_space("/data", {kGiB - 1, 2 * kGiB}).state, State::failed);
  EXPECT_EQ(judge_space("/data", {0, 0}).state, State::failed);
}

TEST(DoctorSpace, IsThatOfWhereTheDirectoryWouldBe) {
  EXPECT_THAT(check_space("/not/there/yet").seen, HasSubstr("for /not/there/yet"));
}

}  // namespace
}  // namespace sotto::cli
