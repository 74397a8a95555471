// ServerProcess: sotto-server as a process of its own, on a free port, for what only a process shows: signals, kill -9,
// the log. Ports are read from its log. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/smp-client/sync_client.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::test {

class ServerProcess {
 public:
  // `flags`: beyond directories, a free port and JSON logs. Throws with the log when it is not ready in 30 s.
  explicit ServerProcess(std::vector<std::string> flags = {}, std::vector<std::string> environment = {});
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void start();
  void signal(int number) const { child_->signal(number); }
  // Waits for its end and returns the exit code (128 + number when a signal ended it). Throws when it does not end.
  int wait(std::chrono::seconds timeout = std::chrono::seconds(30)) { return child_->wait(timeout); }
  // SIGKILL, and waits.
  void kill() { child_->kill(); }

  [[nodiscard]] pid_t pid() const { return child_->pid(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::filesystem::path directory() const { return directory_.path(); }
  [[nodiscard]] std::filesystem::path data_dir() const { return directory_.path() / "data"; }
  [[nodiscard]] const crypto::Fingerprint& fingerprint() const { return fingerprint_; }
  // All that it wrote to standard output and standard error, over all starts.
  [[nodiscard]] std::string log() const;

  [[nodiscard]] client::ConnectOptions options(smp::Version version = smp::kMaxVersion) const;
  [[nodiscard]] std::unique_ptr<client::SyncClient> connect(smp::Version version = smp::kMaxVersion) const;

 private:
  TempDir directory_;
  std::vector<std::string> flags_;
  std::vector<std::string> environment_;
  crypto::Fingerprint fingerprint_;
  std::size_t log_read_ = 0;
  std::optional<Child> child_;
  std::uint16_t port_ = 0;
};

}  // namespace sotto::test
