// InProcessServer: a server in the test's own process, on free ports, with a clock that the test moves: standalone, or
// a whole platform (server_shape.hpp), where one connection after the other goes to another gateway. For what needs the
// clock or the inside; ServerProcess and Platform are for what needs processes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/smp-client/connect_options.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/support/child/temp_dir.hpp"
#include "tests/support/server/server_shape.hpp"

namespace sotto::test {

class InProcessServer {
 public:
  // `flags`: of sotto-server, beyond those that the fixture sets (directories, free ports, no waiting for END events,
  // every event at once; private routing is off unless a flag speaks of it). The store is on disk unless --ephemeral is
  // among them. `environment`: variables, for what is no flag ("SOTTO_PASSWORD=…"). `identity_dir`: an identity that
  // exists; empty: one is made. Throws when it does not start.
  explicit InProcessServer(std::vector<std::string> flags = {}, std::vector<std::string> environment = {},
                           std::filesystem::path identity_dir = {});

  ServerShape& server() { return *server_; }
  ManualClock& clock() { return clock_; }
  // Of the next gateway.
  [[nodiscard]] std::uint16_t port() const;
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
  std::shared_ptr<PlatformData> platform_data_;
  std::unique_ptr<ServerShape> server_;
  mutable std::size_t next_port_ = 0;
};

}  // namespace sotto::test
