#include "bench/report/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::bench {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Verdict = Compared::Verdict;

Compared only(double stored, double now) {
  return compare({{"SUB", stored, "x floor"}}, {{"SUB", now, "x floor"}}).at(0);
}

TEST(Comparison, ToleratesFifteenPerCentEitherWay) {
  EXPECT_EQ(only(100, 114).verdict, Verdict::same);
  EXPECT_EQ(only(100, 86).verdict, Verdict::same);
  EXPECT_EQ(only(0, 5).verdict, Verdict::same);
}

TEST(Comparison, SaysWhatBecameDearer) {
  const auto compared = only(2, 2.4);
  EXPECT_EQ(compared.verdict, Verdict::dearer);
  EXPECT_NEAR(compared.change(), 0.2, 1e-9);
  EXPECT_TRUE(is_worse({compared}));
  EXPECT_THAT(to_text({compared}), HasSubstr("+20.0 %"));
  EXPECT_THAT(to_text({compared}), HasSubstr("DEARER"));
}

TEST(Comparison, SaysWhatBecameCheaperAndIsContent) {
  const auto compared = only(2, 1.5);
  EXPECT_EQ(compared.verdict, Verdict::cheaper);
  EXPECT_FALSE(is_worse({compared}));
  EXPECT_THAT(to_text({compared}), HasSubstr("-25.0 %"));
}

TEST(Comparison, SaysWhatIsNew) {
  const auto compared = compare({}, {{"SUB", 1, "x floor"}});
  ASSERT_THAT(compared, SizeIs(1));
  EXPECT_EQ(compared[0].verdict, Verdict::added);
  EXPECT_FALSE(is_worse(compared));
}

TEST(Comparison, IsNotContentWithWhatIsMissing) {
  const auto compared = compare({{"SUB", 1, "x floor"}}, {});
  ASSERT_THAT(compared, SizeIs(1));
  EXPECT_EQ(compared[0].verdict, Verdict::missing);
  EXPECT_TRUE(is_worse(compared));
  EXPECT_THAT(to_text(compared), HasSubstr("MISSING"));
}

TEST(Comparison, TakesCpuAsRatioToTheFloorOfTheSameRun) {
  RunRecord run{.scenario = "storm", .target = "platform"};
  run.floor = {{"box", 10, 5}, {"verification", 50, 1}};
  run.figures = {{"CPU per SUB", 150, "us CPU"}, {"SUBs per CPU-second", 5'000, "1/s"}, {"resident", 14, "KiB"}};
  const auto costs = costs_of({run});
  ASSERT_THAT(costs, SizeIs(2));
  EXPECT_EQ(costs[0].name, "storm, platform: CPU per SUB");
  EXPECT_DOUBLE_EQ(costs[0].value, 1.5);
  EXPECT_DOUBLE_EQ(costs[1].value, 14);
}

TEST(Comparison, HasNoRatioWithoutFloor) {
  RunRecord run{.scenario = "storm", .target = "platform"};
  run.figures = {{"CPU per SUB", 150, "us CPU"}};
  EXPECT_THAT(costs_of({run}), IsEmpty());
}

}  // namespace
}  // namespace sotto::bench
