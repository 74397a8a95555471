#include "bench/report/text_report.hpp"

#include <fmt/format.h>

namespace sotto::bench {
namespace {

// Microseconds for people.
std::string taken(double microseconds) {
  if (microseconds < 10'000) return fmt::format("{:.0f} us", microseconds);
  if (microseconds < 10'000'000) return fmt::format("{:.1f} ms", microseconds / 1e3);
  return fmt::format("{:.1f} s", microseconds / 1e6);
}

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

}  // namespace

std::string to_text(const RunRecord& run) {
  auto out = run.title() + '\n';
  for (const auto& each : run.figures) {
    out += fmt::format("  {:<60} {:>12.1f} {:<10} {}\n", each.name, each.value, each.unit, each.aim);
  }
  for (const auto& each : run.processes) {
    out += fmt::format("  {:<24} {} process{}, CPU {} user and {} kernel, resident {:.1f} MiB, before {:.1f}\n",
                       each.name, each.processes, each.processes == 1 ? "" : "es", taken(each.user), taken(each.kernel),
                       mebibytes(each.resident_after), mebibytes(each.resident_before));
  }
  for (const auto& each : run.latencies) {
    out += fmt::format("  {:<24} p50 {}, p90 {}, p99 {}, p99.9 {}, max {} ({})\n", each.what, taken(each.p50),
                       taken(each.p90), taken(each.p99), taken(each.p999), taken(each.max), each.count);
  }
  if (!run.failure.empty()) out += "  FAILED: " + run.failure + '\n';
  return out;
}

std::string to_table(const std::vector<RunRecord>& runs) {
  std::string out = "| run | figure | value | unit | aim |\n| --- | --- | ---: | --- | --- |\n";
  for (const auto& run : runs) {
    const auto title = run.title();
    for (const auto& each : run.figures) {
      out += fmt::format("| {} | {} | {:.1f} | {} | {} |\n", title, each.name, each.value, each.unit, each.aim);
    }
    for (const auto& each : run.latencies) {
      out += fmt::format("| {} | {}, 99th percentile | {:.1f} | ms | |\n", title, each.what, each.p99 / 1e3);
    }
    if (!run.failure.empty()) out += fmt::format("| {} | FAILED: {} | | | |\n", title, run.failure);
  }
  return out;
}

}  // namespace sotto::bench
