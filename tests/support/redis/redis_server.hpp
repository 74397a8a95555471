// RedisServer: a Redis server of a test's own, on a free port of 127.0.0.1, with its files in a temporary directory.
// Needs the program redis-server in PATH. One thread; the thread that starts it must outlive it. The server ends with
// the test, however that ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/redis/client.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"
#include "tests/support/redis/redis_certificate.hpp"

namespace sotto::test {

class RedisServer {
 public:
  struct Options {
    bool append_only = false;             // data survives restart(); without, every start is with none
    std::string password{};               // of the default user; empty: none is wanted
    bool tls = false;                     // instead of plain TCP
    bool ask_certificate = false;         // of clients; with tls
    bool cluster = false;                 // a node of a cluster that has no other nodes yet (redis_cluster.hpp)
    std::vector<std::string> settings{};  // lines of redis.conf, over those of the fixture
  };

  // Starts it. Throws, with its log, when it does not accept connections in time.
  RedisServer();
  explicit RedisServer(Options options);
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // For Client, with the password and the CA. Backoff is short, so that tests wait little.
  [[nodiscard]] redis::Options client_options() const;
  // "redis://127.0.0.1:port" or "rediss://…", without password and CA.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] redis::Address address() const { return {"127.0.0.1", port_}; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Of the cluster bus; only with `cluster`.
  [[nodiscard]] std::uint16_t bus_port() const { return bus_port_; }
  // PEM. Precondition: tls.
  [[nodiscard]] const RedisCertificate& certificate() const { return *certificate_; }

  // One command over a connection of its own; throws when it fails.
  redis::Reply execute(redis::Command command) const;

  // Starts again on the same port and files, and waits until it accepts connections. Nothing when it runs.
  void start();
  // SIGTERM, and waits for its end. Nothing when it does not run.
  void stop();
  // SIGKILL. With append_only all that was answered is kept, for the kernel has it.
  void kill();
  // SIGKILL and start; the second one with an empty database.
  void restart();
  void restart_flushed();
  // SIGSTOP: connections stay, and nothing is answered until resume().
  void pause() const;
  void resume() const;

  // 0 when it does not run.
  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] std::string log() const;

 private:
  void write_configuration() const;
  // Whether what answers on the port is this server.
  [[nodiscard]] bool accepts() const;

  const Options options_;
  const TempDir directory_;
  std::unique_ptr<const RedisCertificate> certificate_;
  std::uint16_t port_ = 0;
  std::uint16_t bus_port_ = 0;
  std::optional<Child> child_;
};

}  // namespace sotto::test
