#include "bench/target.hpp"

#include <exception>

#include "tests/support/platform/platform.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::bench {
namespace {

void add(ProcessStats& to, const ProcessStats& more) {
  to.user += more.user;
  to.kernel += more.kernel;
  to.resident_bytes += more.resident_bytes;
}

class Standalone final : public Target {
 public:
  [[nodiscard]] std::string prefix() const override { return ""; }
  [[nodiscard]] std::size_t gateways() const override { return 1; }
  [[nodiscard]] client::ConnectOptions options(std::size_t /*gateway*/, smp::Version version) const override {
    return server_.options(version);
  }
  [[nodiscard]] std::vector<Part> parts() override { return {{"server", process_stats(server_.pid())}}; }
  void restart() override {
    server_.kill();
    server_.start();
  }

 private:
  test::ServerProcess server_;
};

class LocalPlatform final : public Target {
 public:
  explicit LocalPlatform(const PlatformFlags& flags) : platform_(options_with(flags)) {}
  [[nodiscard]] std::string prefix() const override { return "platform "; }
  [[nodiscard]] std::size_t gateways() const override { return kGateways; }
  [[nodiscard]] client::ConnectOptions options(std::size_t gateway, smp::Version version) const override {
    return platform_.options(gateway, version);
  }
  [[nodiscard]] std::vector<Part> parts() override {
    const auto pids = platform_.pids();
    return {{"gateways", of(pids.gateways)},
            {"queue services", of(pids.queue_services)},
            {"PostgreSQL", of(pids.postgres)},
            {"Redis", of(pids.redis)}};
  }
  void restart() override {
    for (std::size_t i = 0; i < kGateways; ++i) platform_.gateway(i).kill();
    for (std::size_t i = 0; i < kGateways; ++i) platform_.queue_service(i).kill();
    for (std::size_t i = 0; i < kGateways; ++i) platform_.queue_service(i).start();
    for (std::size_t i = 0; i < kGateways; ++i) platform_.gateway(i).start();
  }

 private:
  static constexpr std::size_t kGateways = 2;  // and queue services

  static test::Platform::Options options_with(const PlatformFlags& flags) {
    test::Platform::Options options;
    options.gateway_flags = flags.gateway;
    options.queue_flags = flags.queue;
    return options;
  }

  static ProcessStats of(const std::vector<pid_t>& pids) {
    ProcessStats all;
    for (const auto pid : pids) {
      try {
        add(all, process_stats(pid));
      } catch (const std::exception&) {
        // A session of PostgreSQL that ended meanwhile is counted by its parent.
      }
    }
    return all;
  }

  test::Platform platform_;
};

}  // namespace

std::unique_ptr<Target> standalone_target() {
  return std::make_unique<Standalone>();
}

std::unique_ptr<Target> platform_target(const PlatformFlags& flags) {
  return std::make_unique<LocalPlatform>(flags);
}

ProcessStats sum(const std::vector<Target::Part>& parts) {
  ProcessStats all;
  for (const auto& part : parts) add(all, part.stats);
  return all;
}

}  // namespace sotto::bench
