// Target: what a scenario drives and measures: sotto-server, or the local platform with all its processes. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/process_stats.hpp"
#include "libs/smp-client/connect_options.hpp"

namespace sotto::bench {

class Target {
 public:
  virtual ~Target() = default;
  // Before the name of a figure: "" for standalone, "platform ".
  [[nodiscard]] virtual std::string prefix() const = 0;
  // How many different ways in there are, and each of them (of a platform: its gateways).
  [[nodiscard]] virtual std::size_t gateways() const = 0;
  [[nodiscard]] virtual client::ConnectOptions options(std::size_t gateway, smp::Version version) const = 0;

  struct Part {
    std::string name;
    ProcessStats stats;
  };
  // What was used so far, by kind of process.
  [[nodiscard]] virtual std::vector<Part> parts() = 0;
  // kill -9 of everything that has caches of our own, and start again.
  virtual void restart() = 0;
};

// Of its programs, besides what they need to find each other.
struct PlatformFlags {
  std::vector<std::string> gateway;
  std::vector<std::string> queue;
};

std::unique_ptr<Target> standalone_target();
// Two gateways, two queue services, PostgreSQL (durable) and Redis.
std::unique_ptr<Target> platform_target(const PlatformFlags& flags);

// Of all parts together.
ProcessStats sum(const std::vector<Target::Part>& parts);

}  // namespace sotto::bench
