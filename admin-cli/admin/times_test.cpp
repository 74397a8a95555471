#include "admin-cli/admin/times.hpp"

#include <gtest/gtest.h>

namespace sotto::cli {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

TEST(Times, AreReadInEachForm) {
  EXPECT_EQ(*parse_time("now", kNow), kNow);
  EXPECT_EQ(*parse_time("90d", kNow), kNow + 90 * 86400);
  EXPECT_EQ(*parse_time("0", kNow), kNow);
  EXPECT_EQ(*parse_time("2027-01-31", kNow), 1'801'353'600);
  EXPECT_EQ(*parse_time("2027-01-31T12:00:01Z", kNow), 1'801'396'801);
}

TEST(Times, ThatAreNoneAreRefused) {
  for (const auto* text : {"", "tomorrow", "2027-02-30", "2027-1-31", "2027-01-31T25:00:00Z", "2027-01-31 ", "90",
                           "-5d", "2027-01-31T12:00:00"}) {
    const auto refused = parse_time(text, kNow);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  }
}

TEST(Times, AreWrittenAsTheyAreRead) {
  EXPECT_EQ(format_time(1'801'396'801), "2027-01-31T12:00:01Z");
  EXPECT_EQ(format_time(0), "never");
  EXPECT_EQ(format_day(20849), "2027-01-31");
  EXPECT_EQ(format_day(0), "never");
}

}  // namespace
}  // namespace sotto::cli
