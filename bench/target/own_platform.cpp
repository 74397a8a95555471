#include "bench/target/target.hpp"
#include "tests/support/platform/platform.hpp"

namespace sotto::bench {
namespace {

constexpr std::size_t kGateways = 2;   // and queue services
constexpr std::size_t kLogFiles = 64;  // of 16 MiB

test::Platform::Options options_with(const PlatformFlags& flags) {
  test::Platform::Options options;
  options.gateways = options.queue_services = kGateways;
  options.gateway_flags = flags.gateway;
  options.queue_flags = flags.queue;
  // A checkpoint every five minutes, as on a server that was set up for its load, and not in the middle of each run.
  options.postgres_settings = {"max_wal_size=8GB", "min_wal_size=8GB"};
  return options;
}

// A new database writes zeros over each file of its log before it uses it, and all commits wait for that. One that runs
// for a while takes the files that a checkpoint has let go: here as many as a run needs.
void use_log_files(test::PostgresServer& postgres) {
  for (std::size_t i = 0; i < kLogFiles; ++i) {
    postgres.execute("SELECT pg_logical_emit_message(false, 'bench', '')");
    postgres.execute("SELECT pg_switch_wal()");
  }
  postgres.execute("CHECKPOINT");
}

class OwnPlatform final : public Target {
 public:
  explicit OwnPlatform(const PlatformFlags& flags) : platform_(options_with(flags)) {
    use_log_files(platform_.postgres());
  }
  [[nodiscard]] std::string name() const override { return "platform"; }
  [[nodiscard]] std::size_t ways() const override { return kGateways; }
  [[nodiscard]] client::ConnectOptions options(std::size_t way, smp::Version version) const override {
    return platform_.options(way, version);
  }
  [[nodiscard]] std::vector<Part> parts() override {
    const auto pids = platform_.pids();
    return {part_of("gateways", pids.gateways), part_of("queue services", pids.queue_services),
            part_of("PostgreSQL", pids.postgres), part_of("Redis", pids.redis)};
  }
  [[nodiscard]] std::string front() const override { return "gateways"; }
  bool restart() override {
    for (std::size_t i = 0; i < kGateways; ++i) platform_.gateway(i).kill();
    for (std::size_t i = 0; i < kGateways; ++i) platform_.queue_service(i).kill();
    for (std::size_t i = 0; i < kGateways; ++i) platform_.queue_service(i).start();
    for (std::size_t i = 0; i < kGateways; ++i) platform_.gateway(i).start();
    return true;
  }

 private:
  test::Platform platform_;
};

}  // namespace

std::unique_ptr<Target> own_platform(const PlatformFlags& flags) {
  return std::make_unique<OwnPlatform>(flags);
}

}  // namespace sotto::bench
