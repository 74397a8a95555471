#include "libs/observability/metrics.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::metrics {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreExposedWithHelpTypeAndLabels) {
  Metrics metrics;
  metrics.counter("smp_closed_total", "Connections closed.", {{"reason", "idle"}}).add(2);
  metrics.counter("smp_closed_total", "Connections closed.", {{"reason", "stalled"}}).add();
  metrics.gauge("smp_connections", "Connections open.").set(3);
  const auto text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("# HELP smp_closed_total Connections closed.\n# TYPE smp_closed_total counter\n"));
  EXPECT_THAT(text, HasSubstr("smp_closed_total{reason=\"idle\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("smp_closed_total{reason=\"stalled\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE smp_connections gauge\nsmp_connections 3\n"));
}

TEST(Metrics, OfEqualNameAndLabelsAreTheSame) {
  Metrics metrics;
  const auto first = metrics.counter("smp_x_total", "X.");
  const auto second = metrics.counter("smp_x_total", "X.");
  first.add();
  EXPECT_EQ(second.value(), 1);
}

TEST(Metrics, HistogramsCountInBuckets) {
  Metrics metrics;
  const auto seconds = metrics.histogram("smp_command_seconds", "Time of commands.", {0.1, 1});
  seconds.observe(0.05);
  seconds.observe(0.5);
  seconds.observe(5);
  const auto text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("smp_command_seconds_bucket{le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("smp_command_seconds_bucket{le=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("smp_command_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("smp_command_seconds_count 3\n"));
}

TEST(Metrics, TimesThatAreCountedElsewhereGrow) {
  using namespace std::chrono_literals;
  Metrics metrics;
  TimeHistogram times;
  metrics.callback_histogram("smp_block_seconds", "Time of blocks.", times);
  times.add(100us);
  times.add(101us);
  times.add(-1s);  // a clock that is no steady one
  EXPECT_THAT(metrics.exposition(), HasSubstr("smp_block_seconds_bucket{le=\"0.0001\"} 2\n"));
  times.add(1min);
  const auto text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("smp_block_seconds_bucket{le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("smp_block_seconds_bucket{le=\"0.00025\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("smp_block_seconds_bucket{le=\"15\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("smp_block_seconds_count 4\n"));
  EXPECT_THAT(text, HasSubstr("smp_block_seconds_sum 60.0002"));
}

TEST(Metrics, GaugesGoUpAndDown) {
  Metrics metrics;
  const auto gauge = metrics.gauge("smp_connections", "Connections open.");
  gauge.add(5);
  gauge.subtract();
  EXPECT_EQ(gauge.value(), 4);
}

TEST(Metrics, CallbacksAreAskedAtEachExpositionUntilReleased) {
  Metrics metrics;
  double queues = 1;
  metrics.callback_gauge("smp_queues", "Queues stored.", [&] { return queues; });
  EXPECT_THAT(metrics.exposition(), HasSubstr("smp_queues 1\n"));
  queues = 2;
  EXPECT_THAT(metrics.exposition(), HasSubstr("smp_queues 2\n"));
  metrics.release_callbacks();
  queues = 3;
  EXPECT_THAT(metrics.exposition(), HasSubstr("smp_queues 2\n"));
}

TEST(Metrics, CallbackCountersNeverShrink) {
  Metrics metrics;
  double accepted = 5;
  metrics.callback_counter("smp_accepted_total", "Accepted.", [&] { return accepted; }, {{"port", "443"}});
  EXPECT_THAT(metrics.exposition(), HasSubstr("smp_accepted_total{port=\"443\"} 5\n"));
  accepted = 9;
  EXPECT_THAT(metrics.exposition(), HasSubstr("smp_accepted_total{port=\"443\"} 9\n"));
  accepted = 1;
  EXPECT_THAT(metrics.exposition(), HasSubstr("smp_accepted_total{port=\"443\"} 9\n"));
}

TEST(Metrics, CountFromManyThreads) {
  Metrics metrics;
  const auto counter = metrics.counter("smp_x_total", "X.");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([counter] {
      for (int i = 0; i < 1000; ++i) counter.add();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 4000);
}

TEST(MetricsDeathTest, NamesNeedThePrefixAndOneKind) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Metrics metrics;
  EXPECT_DEATH((void)metrics.counter("connections_total", "X."), "does not start with smp_");
  EXPECT_DEATH((void)metrics.gauge("smp_bad-name", "X."), "smp_bad-name");
  (void)metrics.counter("smp_x_total", "X.");
  EXPECT_DEATH((void)metrics.gauge("smp_x_total", "X."), "smp_x_total");
}

}  // namespace
}  // namespace sotto::metrics
