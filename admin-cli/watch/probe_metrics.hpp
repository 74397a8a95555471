// ProbeMetrics: what `sotto server watch` counts (docs/cli.md). Neither the address of the server nor its name is in a
// label. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "admin-cli/commands/server_test.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::cli {

// "any", "ipv4", "ipv6": the label `family`.
std::string family_word(client::IpFamily family);

class ProbeMetrics {
 public:
  // `metrics` must outlive it. Counters of all outcomes and layers are there from the start, so that their increase is
  // seen from the first failure on.
  ProbeMetrics(metrics::Metrics& metrics, const std::vector<client::IpFamily>& families);

  void record(client::IpFamily family, const TestReport& report, std::chrono::nanoseconds took);

 private:
  metrics::Counter runs(const std::string& family, bool passed);
  metrics::Counter failures(const std::string& family, const std::string& layer);
  metrics::Histogram seconds(const std::string& family);

  metrics::Metrics& metrics_;
};

}  // namespace sotto::cli
