// What the conformance tests share: a server of each test's own, connections of one version of the protocol, and the
// versions. Test suites are named after the sections of docs/wire.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/support/server/in_process_server.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {

using client::NewQueue;
using client::QueueHandle;
using client::Request;
using client::SyncClient;
using crypto::KeyKind;
using crypto::PrivateKey;
using smp::QueueMode;

class Conformance : public testing::TestWithParam<smp::Version> {
 protected:
  explicit Conformance(const std::vector<std::string>& flags = {}, std::vector<std::string> environment = {})
      : server(with_ephemeral(flags), std::move(environment)) {}

  static smp::Version version() { return GetParam(); }
  [[nodiscard]] std::unique_ptr<SyncClient> connect() const { return server.connect(version()); }
  // The answer to SUB and NSUB.
  static std::string sok() { return version() >= smp::kVersionServices ? "SOK" : "OK"; }
  // The event that a deleted queue makes.
  static std::string deld() { return version() >= smp::kVersionDeleted ? "DELD" : "END"; }

  InProcessServer server;
  std::unique_ptr<SyncClient> client = connect();

 private:
  static std::vector<std::string> with_ephemeral(std::vector<std::string> flags) {
    flags.emplace_back("--ephemeral");
    return flags;
  }
};

// A command as text, for what smp::encode() does not write. `key` may be null.
inline Request raw_request(std::string_view text, const PrivateKey* key = nullptr, ByteView entity_id = {}) {
  return {.key = key, .entity_id = entity_id, .command = smp::Ping{}, .text = as_bytes(text)};
}

inline PrivateKey new_key(KeyKind kind = KeyKind::ed25519) {
  return PrivateKey::generate(kind);
}

// The versions that deployed clients speak, each with another wire format. Version 20 adds names only, which have tests
// of their own, and is the default of the end-to-end tests.
inline auto all_versions() {
  return testing::Values<smp::Version>(6, 7, 9, 11, 15, 18, 19);
}
inline auto versions_with_modes() {
  return testing::Values<smp::Version>(9, 11, 15, 18, 19);
}
inline auto versions_with_links() {
  return testing::Values<smp::Version>(15, 18, 19);
}
inline std::string version_name(const testing::TestParamInfo<smp::Version>& info) {
  return "v" + std::to_string(info.param);
}

}  // namespace sotto::test
