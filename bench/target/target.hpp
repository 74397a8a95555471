// Target: what a scenario drives and measures: a sotto-server of its own, a platform of its own with all its processes,
// or a server that somebody else runs. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/measure/process_stats.hpp"
#include "libs/base/secret.hpp"
#include "libs/smp-client/connect_options.hpp"
#include "libs/smp/address.hpp"

namespace sotto::bench {

class Target {
 public:
  virtual ~Target() = default;
  // "standalone", "platform" or "given".
  [[nodiscard]] virtual std::string name() const = 0;
  // How many different ways in there are (of a platform: its gateways), and each of them.
  [[nodiscard]] virtual std::size_t ways() const = 0;
  [[nodiscard]] virtual client::ConnectOptions options(std::size_t way, smp::Version version) const = 0;
  // For NEW.
  [[nodiscard]] virtual std::optional<SecretString> password() const { return std::nullopt; }

  struct Part {
    std::string name;
    std::size_t processes = 0;
    ProcessStats stats;
  };
  // What was used so far, by kind of process, always the same kinds in the same order. Empty: not known.
  [[nodiscard]] virtual std::vector<Part> parts() = 0;
  // Of the parts, the one that holds connections.
  [[nodiscard]] virtual std::string front() const = 0;
  // kill -9 of everything that has caches of our own, and start again. False: that is not ours to do.
  virtual bool restart() = 0;
};

// Of the programs of a platform, besides what they need to find each other.
struct PlatformFlags {
  std::vector<std::string> gateway;
  std::vector<std::string> queue;
};

// A server that somebody else runs, and how to find its processes.
struct GivenServer {
  std::vector<smp::ServerAddress> addresses;  // several ways into one server
  std::vector<pid_t> pids;
  std::vector<std::string> programs;  // all their processes, with those that they started
};

// `flags`: besides what it needs.
std::unique_ptr<Target> own_server(const std::vector<std::string>& flags = {});
// Two gateways, two queue services, PostgreSQL (durable) and Redis.
std::unique_ptr<Target> own_platform(const PlatformFlags& flags);
// Throws UsageError when there is no such process.
std::unique_ptr<Target> given_target(GivenServer server);

// Of these processes together. One that ends meanwhile is left out: its parent counts it.
Target::Part part_of(std::string name, const std::vector<pid_t>& pids);

}  // namespace sotto::bench
