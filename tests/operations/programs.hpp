// The server programs as processes with nothing behind them but what a test gives: on free ports, with files in a
// temporary directory. One thread: the one that makes them, which must outlive them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::test {

class ServerProgram {
 public:
  // Of the identity: "ed25519" or "ed448".
  using Algorithm = std::string;
  inline static const Algorithm kDefault = "ed25519";

  // sotto-server over memory. `flags`: more of them.
  static ServerProgram standalone(const std::vector<std::string>& flags = {}, const Algorithm& algorithm = kDefault);
  // The same over a data directory of its own, with its admin.socket there.
  static ServerProgram durable(const std::vector<std::string>& flags = {});
  // sotto-gateway; `targets`: of the queue service.
  static ServerProgram gateway(const std::string& targets, const std::vector<std::string>& flags = {},
                               const Algorithm& algorithm = kDefault);
  // sotto-queue with a fresh platform key.
  static ServerProgram queue(const std::string& database_url, const std::string& redis_url,
                             const std::vector<std::string>& flags = {});
  // sotto-notification.
  static ServerProgram notification(const std::string& redis_url, const std::vector<std::string>& flags = {});
  // sotto-auth, with a fresh platform key unless a flag names one.
  static ServerProgram auth(const std::string& database_url, const std::string& redis_url,
                            const std::vector<std::string>& flags = {});

  // Status of a path on the metrics port; 0 when nobody answers. `body` gets what it says.
  [[nodiscard]] int probe(const std::string& path, std::string* body = nullptr) const;
  // Waits until /livez says so. Throws with the log when the program ends instead.
  void wait_live();
  // Waits until /readyz answers with this status.
  void wait_ready(bool ready);
  Child& process() { return *child_; }
  // SIGKILL, and the same program again.
  void restart();
  // What `sotto init` made, with the key of the CA in ca-key beside it. Only of
  // standalone(), durable() and gateway().
  [[nodiscard]] std::filesystem::path identity_dir() const { return directory_->path() / "identity"; }
  // Of durable().
  [[nodiscard]] std::filesystem::path data_dir() const { return directory_->path() / "data"; }
  // For files of a test.
  [[nodiscard]] std::filesystem::path directory() const { return directory_->path(); }
  // For clients, as the log says it: waits for that. Not of the services.
  [[nodiscard]] std::uint16_t port() const;
  // Runs `sotto` with these arguments; its exit code. `output` gets what it says, on both its outputs.
  int sotto(std::vector<std::string> arguments, std::string* output = nullptr) const;
  // Of /metrics and health.
  [[nodiscard]] std::uint16_t metrics_port() const { return metrics_port_; }
  // Of gRPC; only of the services.
  [[nodiscard]] std::uint16_t grpc_port() const { return grpc_port_; }

 private:
  static ServerProgram service(const std::string& program, const std::string& database_url,
                               const std::string& redis_url, const std::vector<std::string>& flags = {});
  ServerProgram(const std::string& program, std::vector<std::string> arguments, std::unique_ptr<TempDir> directory,
                std::uint16_t grpc_port);

  std::unique_ptr<TempDir> directory_;
  std::uint16_t metrics_port_;
  std::uint16_t grpc_port_;
  Child::Options options_;
  std::size_t log_before_ = 0;  // what former starts wrote
  std::optional<Child> child_;
};

// `sotto db migrate`. Throws when it fails.
void migrate(const std::string& database_url);

}  // namespace sotto::test
