// InProcessServer: a standalone server in the test's own process, on free ports, with a clock that the test moves. For
// what needs the clock or the inside; ServerProcess is for what needs a process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/smp-client/connect_options.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "standalone/server.hpp"
#include "tests/support/server/temp_dir.hpp"

namespace sotto::test {

class InProcessServer {
 public:
  // `flags`: of sotto-server, beyond those that the fixture sets (directories, free ports, no waiting for END events,
  // every event at once). The store is on disk unless --ephemeral is among them. `environment`: variables, for what is
  // no flag ("SOTTO_PASSWORD=…"). `identity_dir`: an identity that exists; empty: one is made. Throws when it does not
  // start.
  explicit InProcessServer(std::vector<std::string> flags = {}, std::vector<std::string> environment = {},
                           std::filesystem::path identity_dir = {});

  standalone::Server& server() { return *server_; }
  ManualClock& clock() { return clock_; }
  [[nodiscard]] std::uint16_t port() const { return server_->ports().front(); }
  [[nodiscard]] std::filesystem::path data_dir() const { return directory_.path() / "data"; }
  // Stops and starts again over the same directories.
  void restart();

  // How to connect; change what a test needs.
  [[nodiscard]] client::ConnectOptions options(smp::Version version = smp::kMaxVersion) const;
  // Connected, with this as the highest version. Throws when it cannot connect.
  [[nodiscard]] std::unique_ptr<client::SyncClient> connect(smp::Version version = smp::kMaxVersion) const;

 private:
  void start();
  TempDir directory_;
  std::vector<std::string> flags_;
  std::vector<std::string> environment_;
  std::filesystem::path identity_dir_;
  crypto::Fingerprint fingerprint_{};
  ManualClock clock_{std::chrono::system_clock::now()};
  std::unique_ptr<standalone::Server> server_;
};

}  // namespace sotto::test
