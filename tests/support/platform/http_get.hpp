// http_get: one HTTP request to a port of 127.0.0.1, for /metrics and health. One call at a time a thread; blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sotto::test {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// Nothing when nobody answers within five seconds.
std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string& path);

// The value of a metric as it stands in an exposition, labels included, for example
// `smp_connections_closed_total{reason="idle"}`. Nothing when there is no such line.
std::optional<double> metric_in(const std::string& exposition, const std::string& name);

}  // namespace sotto::test
