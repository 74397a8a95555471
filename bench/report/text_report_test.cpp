#include "bench/report/text_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::bench {
namespace {

using testing::HasSubstr;

RunRecord example() {
  RunRecord run{.scenario = "create", .target = "standalone"};
  run.parameter("queues", 100);
  run.processes = {{"server", 1, 5'000, 20'000, 8 << 20, 10 << 20}};
  Histogram histogram;
  histogram.record(std::uint64_t{250});
  run.latencies = {summary("NEW", histogram)};
  run.figures = {{"CPU per NEW and SKEY", 412.34, "us CPU", "<= 700"}};
  return run;
}

TEST(TextReport, SaysAllOfARun) {
  const auto text = to_text(example());
  EXPECT_THAT(text, HasSubstr("create, standalone: queues 100\n"));
  EXPECT_THAT(text, HasSubstr("412.3 us CPU"));
  EXPECT_THAT(text, HasSubstr("<= 700"));
  EXPECT_THAT(text, HasSubstr("1 process, CPU 5000 us user and 20.0 ms kernel, resident 10.0 MiB, before 8.0"));
  EXPECT_THAT(text, HasSubstr("p50 250 us"));
}

TEST(TextReport, SaysWhatFailed) {
  auto run = example();
  run.failure = "the server is wrong: NEW";
  EXPECT_THAT(to_text(run), HasSubstr("FAILED: the server is wrong: NEW"));
  EXPECT_THAT(to_table({run}), HasSubstr("| FAILED: the server is wrong: NEW |"));
}

TEST(TextReport, HasALineAFigureInTheTable) {
  const auto table = to_table({example()});
  EXPECT_THAT(table,
              HasSubstr("| create, standalone: queues 100 | CPU per NEW and SKEY | 412.3 | us CPU | <= 700 |\n"));
  EXPECT_THAT(table, HasSubstr("| NEW, 99th percentile | 0.2 | ms | |\n"));
}

}  // namespace
}  // namespace sotto::bench
