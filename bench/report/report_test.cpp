#include "bench/report/report.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace sotto::bench {
namespace {

TEST(Report, LeavesOutFiguresThatAreNoNumbers) {
  RunRecord run{.scenario = "storm", .target = "standalone"};
  run.figures.push_back({"SUBs per CPU-second", INFINITY, "1/s"});
  run.figures.push_back({"SUB over SUBS", NAN, "x"});
  run.figures.push_back({"CPU per SUB", 0, "us CPU"});
  Report report;
  report.add(run);
  ASSERT_EQ(report.runs().size(), 1U);
  ASSERT_EQ(report.runs().front().figures.size(), 1U);
  EXPECT_NE(report.runs().front().figure("CPU per SUB"), nullptr);
}

}  // namespace
}  // namespace sotto::bench
