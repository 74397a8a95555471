// AdminTest: a sotto-server over a data directory, `sotto` that asks it, and clients. What the commands print is
// compared with golden files, with what differs from run to run made equal. One thread.
#pragma once

#include <fstream>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/operations/programs.hpp"
#include "tests/support/golden/golden_file.hpp"
#include "tests/support/server/test_identity.hpp"

namespace sotto::test {

class AdminTest : public testing::Test {
 protected:
  static std::string first_line(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
  }
  struct Ran {
    int exit_code = -1;
    std::string output;  // of both
  };

  // `flags`: of the server, more of them.
  explicit AdminTest(const std::vector<std::string>& flags = {}) : server(ServerProgram::durable(flags)) {
    crypto::initialise();
    server.wait_ready(true);
    fingerprint_ = fingerprint_of(server.identity_dir());
  }

  [[nodiscard]] Ran sotto(std::vector<std::string> arguments) const {
    arguments.emplace_back("--server=unix:" + (server.data_dir() / "admin.sock").string());
    Ran out;
    out.exit_code = server.sotto(std::move(arguments), &out.output);
    return out;
  }
  // What it says when it succeeds.
  [[nodiscard]] std::string done(std::vector<std::string> arguments) const {
    auto ran = sotto(std::move(arguments));
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    return std::move(ran.output);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (server.directory() / name).string(); }
  // Makes a password, which a file of the same name holds.
  std::string create(const std::string& label) const {
    static_cast<void>(done({"password", "create", "--label", label, "--out", file(label)}));
    return first_line(file(label));
  }
  [[nodiscard]] client::ConnectOptions options() const {
    client::ConnectOptions options;
    options.hosts = {smp::Host{smp::HostKind::ipv4, "127.0.0.1"}};
    options.port = server.port();
    options.fingerprint = fingerprint_;
    return options;
  }
  // Of a new connection: "OK", or why not.
  [[nodiscard]] std::string new_queue(const std::optional<std::string>& password) const {
    client::SyncClient client;
    if (auto status = client.connect(options()); !status) return status.error().message;
    client::NewQueue queue;
    if (password) queue.password.emplace(*password);
    const auto made = client.create_queue(queue);
    return made ? "OK" : made.error().message;
  }
  [[nodiscard]] std::string metric(const std::string& name) const {
    std::string exposition;
    EXPECT_EQ(server.probe("/metrics", &exposition), 200);
    std::smatch found;
    const std::regex line("\n" + name + " ([^\n]*)\n");
    return std::regex_search(exposition, found, line) ? found[1].str() : "absent";
  }
  // Without what no two runs have in common.
  [[nodiscard]] std::string settled(std::string text) const {
    const auto replace = [&](const char* what, const char* by) {
      text = std::regex_replace(text, std::regex(what), by);
    };
    text = std::regex_replace(text, std::regex(server.directory().string()), "DIR");
    replace(R"(\b[0-9a-f]{16}\b)", "<id>");
    replace(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", "<a time of 20 c.>");
    replace(R"(\b\d{4}-\d\d-\d\d\b)", "<a day> ");
    replace(R"re(local:[^ "]+( *))re", "local:<user>");
    return text;
  }
  void expect_golden(const std::string& name, const std::string& text) const {
    test::expect_golden("tests/operations/golden/" + name, settled(text));
  }

  ServerProgram server;

 private:
  crypto::Fingerprint fingerprint_{};
};

}  // namespace sotto::test
