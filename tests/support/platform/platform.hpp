// Platform: all of it as processes: PostgreSQL, Redis, queue services, gateways and (when asked for) notification
// services, auth services and a balancer, on free ports of 127.0.0.1 with files in a temporary directory. For tests,
// for benchmarks and for `make platform`. One thread: the one that makes it, which must outlive it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/rpc/tls_files.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"
#include "tests/support/postgres/postgres_server.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::rpc {
class TestAuthority;
}

namespace sotto::test {

class Platform {
 public:
  struct Options {
    std::size_t gateways = 2;
    std::size_t queue_services = 2;
    std::size_t notification_services = 0;  // 0: queue services keep pending notifications themselves
    std::size_t auth_services = 0;          // 0: gateways have the password of their settings, or none
    // Gateway i knows queue service i only, so that whatever goes from one gateway to the other goes through Redis.
    // It knows all auth services, the i-th first; so does queue service i with the notification services.
    bool one_service_each = false;
    bool balancer = false;
    std::uint16_t balancer_port = 0;             // 0: a free one
    bool tls = false;                            // between gateways and queue services, each with a certificate
    bool durable = true;                         // false: PostgreSQL does not sync, for tests that never kill it
    bool redis_keeps_data = false;               // over restarts
    std::vector<std::string> postgres_settings;  // "name=value", over those of the fixture
    std::vector<std::string> gateway_flags;
    std::vector<std::string> queue_flags;
    std::vector<std::string> auth_flags;
    std::vector<std::string> notification_flags;
    std::vector<std::string> gateway_environment;
    std::vector<std::string> auth_environment;
    std::filesystem::path identity_dir;  // one that exists; empty: one is made
  };

  // One of our processes.
  class Process {
   public:
    Process(std::string program, std::vector<std::string> arguments, std::vector<std::string> environment,
            std::filesystem::path log, std::uint16_t metrics_port);
    // Waits until /readyz says so. Throws with the log.
    void start();
    // The same without waiting.
    void launch();
    void wait_ready();
    void kill() { child_->kill(); }
    // SIGTERM, and its exit code.
    int stop();
    void signal(int number) const { child_->signal(number); }
    [[nodiscard]] bool running() { return child_ && child_->running(); }
    [[nodiscard]] pid_t pid() const { return child_->pid(); }
    // Status of /readyz or /livez; 0 when nobody answers.
    [[nodiscard]] int probe(const std::string& path) const;
    [[nodiscard]] std::string metrics() const;
    // Throws when there is no such metric.
    [[nodiscard]] double metric(const std::string& name) const;
    [[nodiscard]] std::string log() const;

   private:
    std::string program_;
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::filesystem::path log_;
    std::uint16_t metrics_port_ = 0;
    std::optional<Child> child_;
  };

  Platform();
  explicit Platform(Options options);
  ~Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  PostgresServer& postgres() { return *postgres_; }
  RedisServer& redis() { return *redis_; }
  Process& gateway(std::size_t i) { return gateways_.at(i); }
  Process& queue_service(std::size_t i) { return queue_services_.at(i); }
  Process& auth_service(std::size_t i) { return auth_services_.at(i); }
  Process& notification_service(std::size_t i) { return notification_services_.at(i); }
  [[nodiscard]] std::string database() const { return postgres_->conninfo("sotto"); }
  [[nodiscard]] std::uint16_t port(std::size_t gateway) const { return ports_.at(gateway); }
  [[nodiscard]] std::uint16_t balancer_port() const { return balancer_port_; }
  [[nodiscard]] std::filesystem::path directory() const { return directory_.path(); }
  [[nodiscard]] const crypto::Fingerprint& fingerprint() const { return fingerprint_; }

  // How to connect to a gateway, or through the balancer.
  [[nodiscard]] client::ConnectOptions options(std::size_t gateway, smp::Version version = smp::kMaxVersion) const;
  [[nodiscard]] client::ConnectOptions balanced(smp::Version version = smp::kMaxVersion) const;
  // Connected. Throws when it cannot.
  [[nodiscard]] std::unique_ptr<client::SyncClient> connect(std::size_t gateway,
                                                            smp::Version version = smp::kMaxVersion) const;

  // With Options::tls: all processes have new certificates in their files, of the same authority.
  void renew_certificates();
  // Where queue service i serves gateways.
  [[nodiscard]] const std::string& service_address(std::size_t i) const { return services_.at(i); }

  // Where administrators ask auth service i, as `sotto --server` takes it.
  [[nodiscard]] std::string admin_address(std::size_t i) const;
  // Runs `sotto` with these arguments; its exit code. `output` gets what it says, on both its outputs. Any thread.
  int sotto(std::vector<std::string> arguments, std::string* output = nullptr) const;

  // Of every process, for CPU time and memory: gateways, queue services, PostgreSQL with its sessions, Redis.
  struct Pids {
    std::vector<pid_t> gateways;
    std::vector<pid_t> queue_services;
    std::vector<pid_t> auth_services;
    std::vector<pid_t> notification_services;
    std::vector<pid_t> postgres;
    std::vector<pid_t> redis;
  };
  [[nodiscard]] Pids pids();

 private:
  void migrate();
  [[nodiscard]] std::vector<std::string> tls_flags(const std::string& prefix) const;
  void add_queue_service(std::size_t i);
  void add_auth_service(std::size_t i);
  void add_notification_service(std::size_t i);
  // Queue services that the i-th of what asks them knows.
  [[nodiscard]] std::string targets(std::size_t i) const;
  // All of `addresses`, the i-th first.
  static std::string from(const std::vector<std::string>& addresses, std::size_t i);
  void add_gateway(std::size_t i);
  void start_balancer();
  [[nodiscard]] client::ConnectOptions to_port(std::uint16_t port, smp::Version version) const;

  const Options options_;
  const TempDir directory_;
  std::filesystem::path identity_dir_;
  crypto::Fingerprint fingerprint_{};
  std::unique_ptr<PostgresServer> postgres_;
  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<rpc::TestAuthority> authority_;
  std::optional<rpc::TlsFiles> tls_;
  std::vector<std::string> services_;  // "127.0.0.1:port"
  std::vector<std::string> auths_;     // the same
  std::vector<std::string> notifications_;
  std::vector<std::uint16_t> ports_;
  std::uint16_t balancer_port_ = 0;
  std::deque<Process> queue_services_;
  std::deque<Process> auth_services_;
  std::deque<Process> notification_services_;
  std::deque<Process> gateways_;
  std::optional<Child> balancer_;
};

}  // namespace sotto::test
