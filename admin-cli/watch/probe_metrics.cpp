#include "admin-cli/watch/probe_metrics.hpp"

#include <array>

namespace sotto::cli {
namespace {

// Where a test may fail: the layers of a connection, then those of commands (diagnosis.hpp).
constexpr std::array kLayers{"address",     "dns",     "tcp",          "tls",       "chain", "fingerprint",
                             "handshake",   "session", "create",       "secure",    "send",  "receive",
                             "acknowledge", "delete",  "notification", "disconnect"};

// Apps give up after 10 to 15 seconds; a test has several answers to wait for.
const std::vector<double> kBounds{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60};

}  // namespace

std::string family_word(client::IpFamily family) {
  switch (family) {
    case client::IpFamily::ipv4:
      return "ipv4";
    case client::IpFamily::ipv6:
      return "ipv6";
    case client::IpFamily::any:
      break;
  }
  return "any";
}

ProbeMetrics::ProbeMetrics(metrics::Metrics& metrics, const std::vector<client::IpFamily>& families)
    : metrics_(metrics) {
  for (const auto family : families) {
    const auto word = family_word(family);
    seconds(word);
    for (const bool passed : {true, false}) runs(word, passed);
    for (const auto* layer : kLayers) failures(word, layer);
  }
}

metrics::Counter ProbeMetrics::runs(const std::string& family, bool passed) {
  return metrics_.counter("smp_probe_runs_total", "Tests of the server that ended.",
                          {{"family", family}, {"outcome", passed ? "passed" : "failed"}});
}

metrics::Counter ProbeMetrics::failures(const std::string& family, const std::string& layer) {
  return metrics_.counter("smp_probe_failures_total", "Tests of the server that failed, by the layer that failed.",
                          {{"family", family}, {"layer", layer}});
}

metrics::Histogram ProbeMetrics::seconds(const std::string& family) {
  return metrics_.histogram("smp_probe_seconds", "How long tests of the server took, failed ones included.", kBounds,
                            {{"family", family}});
}

void ProbeMetrics::record(client::IpFamily family, const TestReport& report, std::chrono::nanoseconds took) {
  const auto word = family_word(family);
  runs(word, !report.problem).add();
  if (report.problem) failures(word, report.problem->layer).add();
  seconds(word).observe(std::chrono::duration<double>(took).count());
  // Gauges come with the first value: before it nothing is known.
  metrics_.gauge("smp_probe_success", "Whether the last test of the server passed.", {{"family", word}})
      .set(report.problem ? 0 : 1);
  if (report.certificate_ends) {
    const auto seconds = std::chrono::duration<double>(report.certificate_ends->time_since_epoch()).count();
    metrics_
        .gauge("smp_probe_certificate_expiry_seconds",
               "When the certificate that the server showed last ends, seconds since 1970.", {{"family", word}})
        .set(seconds);
  }
}

}  // namespace sotto::cli
