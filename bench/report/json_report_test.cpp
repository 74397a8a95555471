#include "bench/report/json_report.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::bench {
namespace {

using testing::HasSubstr;

RunRecord example() {
  RunRecord run{.scenario = "messages", .target = "platform"};
  run.parameter("pairs", 16);
  run.parameter("sender-key", "x25519");
  run.operations = 10'000;
  run.seconds = 4.5;
  run.processes = {{"gateways", 2, 1'500'000, 250'000, 1 << 20, 2 << 20}};
  run.own_cpu = 3e6;
  run.floor = {{"box over a block", 12.5, 5}};
  run.latencies = {{"SEND to OK", 10'000, 100, 200, 300, 400, 500}};
  run.figures = {{"CPU per message", 580.5, "us CPU", "<= 600"}};
  return run;
}

TEST(JsonReport, ReadsWhatItWrites) {
  auto failed = example();
  failed.failure = "the server is wrong: SEND";
  const auto text = to_json({example(), failed});
  const auto runs = from_json(text);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(to_json(runs), text);
  EXPECT_EQ(runs[0].title(), example().title());
  EXPECT_EQ(runs[0].figure("CPU per message")->value, 580.5);
  EXPECT_EQ(runs[0].latencies[0].p999, 400);
  EXPECT_EQ(runs[0].processes[0].resident_after, 2U << 20);
  EXPECT_EQ(runs[1].failure, failed.failure);
}

TEST(JsonReport, SaysItsVersion) {
  EXPECT_THAT(to_json({}), HasSubstr("\"schemaVersion\": 2"));
}

TEST(JsonReport, RefusesWhatIsNoReport) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"schemaVersion": 1, "figures": []})", R"({"schemaVersion": 2, "runs": [{}]})"}) {
    EXPECT_THROW(from_json(text), std::runtime_error) << text;
  }
}

}  // namespace
}  // namespace sotto::bench
