#include "tests/support/session/server_counters.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "libs/observability/metrics.hpp"

namespace sotto::test {

double metric(InProcessServer& server, const std::string& name) {
  metrics::Metrics metrics;
  server.server().expose(metrics);
  const auto text = metrics.exposition();
  metrics.release_callbacks();
  const auto wanted = "\n" + name + " ";
  const auto at = text.find(wanted);
  if (at == std::string::npos) throw std::runtime_error("no metric " + name);
  return std::stod(text.substr(at + wanted.size()));
}

double closed_because(InProcessServer& server, const std::string& reason) {
  return metric(server, "smp_connections_closed_total{reason=\"" + reason + "\"}");
}

bool reaches(InProcessServer& server, const std::string& name, double value) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (metric(server, name) < value) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // nobody tells when a counter moves
  }
  return true;
}

}  // namespace sotto::test
