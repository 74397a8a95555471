#include "tests/support/session/server_counters.hpp"

#include <chrono>
#include <thread>

#include "libs/observability/health.hpp"
namespace sotto::test {

double metric(InProcessServer& server, const std::string& name) {
  return server.server().metric(name);
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
