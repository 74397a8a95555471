#include "bench/measure/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace sotto::bench {
namespace {

std::uint64_t exact(std::vector<std::uint64_t> values, double percent) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, HasNothingAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile(99), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.mean(), 0);
}

TEST(Histogram, KnowsEveryPercentileToOnePerCent) {
  std::mt19937_64 engine(7);  // NOLINT(cert-msc51-cpp): the same in every run
  for (const double spread : {4.0, 10.0, 22.0}) {
    std::vector<std::uint64_t> values;
    Histogram histogram;
    for (int i = 0; i < 20'000; ++i) {
      const double power = std::uniform_real_distribution<double>(0, spread)(engine);
      values.push_back(static_cast<std::uint64_t>(std::exp(power)));
      histogram.record(values.back());
    }
    for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
      const auto right = exact(values, percent);
      const auto said = histogram.percentile(percent);
      EXPECT_GE(said, right) << percent;
      EXPECT_LE(static_cast<double>(said), static_cast<double>(right) * 1.01) << percent;
    }
  }
}

TEST(Histogram, KnowsSmallValuesExactly) {
  for (std::uint64_t value = 0; value < 256; ++value) {
    Histogram histogram;
    histogram.record(value);
    histogram.record(std::uint64_t{1'000'000});
    EXPECT_EQ(histogram.percentile(50), value);
  }
}

TEST(Histogram, TakesValuesOfHours) {
  Histogram histogram;
  const std::uint64_t hour = 3'600'000'000;
  histogram.record(hour);
  histogram.record(10 * hour);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(50)), static_cast<double>(hour), hour / 100.0);
  EXPECT_EQ(histogram.max(), 10 * hour);
  EXPECT_EQ(histogram.percentile(100), Histogram::kLargest);
}

TEST(Histogram, IsNeverAboveTheLargestThatCame) {
  Histogram histogram;
  histogram.record(std::uint64_t{100'001});
  EXPECT_EQ(histogram.percentile(99.9), 100'001U);
}

TEST(Histogram, MergesAsIfAllHadBeenRecordedInOne) {
  Histogram odd;
  Histogram even;
  Histogram all;
  for (std::uint64_t value = 0; value < 5'000; ++value) {
    (value % 2 == 0 ? even : odd).record(value * value);
    all.record(value * value);
  }
  odd.merge(even);
  EXPECT_EQ(odd.count(), all.count());
  EXPECT_EQ(odd.max(), all.max());
  EXPECT_DOUBLE_EQ(odd.mean(), all.mean());
  for (const double percent : {10.0, 50.0, 99.0, 99.9}) EXPECT_EQ(odd.percentile(percent), all.percentile(percent));
}

TEST(Histogram, CountsTimeBackwardsAsNone) {
  Histogram histogram;
  histogram.record(std::chrono::milliseconds(-5));
  histogram.record(std::chrono::milliseconds(5));
  EXPECT_EQ(histogram.percentile(50), 0U);
  EXPECT_EQ(histogram.max(), 5'000U);
}

}  // namespace
}  // namespace sotto::bench
