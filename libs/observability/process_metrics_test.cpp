#include "libs/observability/process_metrics.hpp"

#include <unistd.h>

#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::metrics {
namespace {

// The value of a metric without labels.
double value_of(const Metrics& metrics, const std::string& name) {
  const auto text = metrics.exposition();
  std::smatch found;
  if (!std::regex_search(text, found, std::regex("\n" + name + " ([0-9.e+]+)\n"))) return -1;
  return std::stod(found[1]);
}

TEST(ProcessMetrics, AreThoseOfThisProcess) {
  Metrics metrics;
  expose_process(metrics, "test", "1.2.3");
  EXPECT_THAT(metrics.exposition(), testing::HasSubstr("smp_build_info{component=\"test\",version=\"1.2.3\"} 1\n"));
  EXPECT_GT(value_of(metrics, "process_resident_memory_bytes"), 1024 * 1024);
  EXPECT_GT(value_of(metrics, "process_virtual_memory_bytes"), value_of(metrics, "process_resident_memory_bytes"));
  EXPECT_GE(value_of(metrics, "process_cpu_seconds_total"), 0);
  EXPECT_GE(value_of(metrics, "process_threads"), 1);
  EXPECT_GT(value_of(metrics, "process_max_fds"), 2);
  EXPECT_GT(value_of(metrics, "process_start_time_seconds"), 1.7e9);
  const auto files = value_of(metrics, "process_open_fds");
  const int fd = ::dup(0);
  EXPECT_EQ(value_of(metrics, "process_open_fds"), files + 1);
  ::close(fd);
}

}  // namespace
}  // namespace sotto::metrics
