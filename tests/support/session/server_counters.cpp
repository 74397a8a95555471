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

namespace {

template <class Holds>
bool becomes(InProcessServer& server, const std::string& name, Holds holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds(metric(server, name))) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // nobody tells when a counter moves
  }
  return true;
}

}  // namespace

bool reaches(InProcessServer& server, const std::string& name, double value) {
  return becomes(server, name, [value](double now) { return now >= value; });
}

bool falls_to(InProcessServer& server, const std::string& name, double value) {
  return becomes(server, name, [value](double now) { return now <= value; });
}

}  // namespace sotto::test
