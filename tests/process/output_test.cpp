// What the commands that everybody begins with print, to the letter: text and JSON, when all is well and when it is
// not. After a change that is meant: SOTTO_TEST_WRITE_GOLDEN=1.
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/program.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/golden/golden_file.hpp"

namespace sotto::test {
namespace {

class CommandOutput : public testing::Test {
 protected:
  // Both outputs and the exit code, without what no two runs have in common.
  void expect(const std::string& name, const Texts& arguments, const std::string& input = {}) {
    const auto outcome = run(cli_program(), arguments, {}, input);
    auto text = outcome.output;
    if (!outcome.errors.empty()) text += "--- standard error\n" + outcome.errors;
    text += "--- exit code " + std::to_string(outcome.exit_code) + "\n";
    text = std::regex_replace(text, std::regex(directory_.path().string()), "DIR");
    for (const auto& [what, by] : replaced_) text = std::regex_replace(text, std::regex(what), by);
    expect_golden("tests/process/golden/" + name, text);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  void replace(const std::string& what, const std::string& by) { replaced_.emplace_back(what, by); }

 private:
  TempDir directory_;
  std::vector<std::pair<std::string, std::string>> replaced_;
};

TEST_F(CommandOutput, OfInit) {
  replace("smp://[A-Za-z0-9_=-]{44}", "smp://<fingerprint>");
  expect("init.txt", {"init", "--identity-dir", path("identity"), "--host", "smp.example.com"});
  expect("init-again.txt", {"init", "--identity-dir", path("identity"), "--host", "smp.example.com"});
  expect("init-if-missing.txt", {"init", "--if-missing", "--identity-dir", path("identity")});
  expect("init-open.txt",
         {"init", "--no-password", "--identity-dir", path("open"), "--ca-key-dir", path("open-ca"), "--host", "::1"});
  expect("init-wrong.txt", {"init", "--identity-dir", path("other"), "--host", "not a host"});
}

// The codes themselves are read with a scanner elsewhere (setup_test.cpp).
TEST_F(CommandOutput, OfAddress) {
  replace("[A-Za-z0-9_-]{43}=", "<fingerprint>");
  const auto identity = path("identity");
  write_file(path("password"), "a-password-of-a-team-9\n");
  ASSERT_EQ(run(cli_program(), {"init", "--identity-dir", identity, "--password-file", path("password"), "--host",
                                "smp.example.com", "--host", "::1"})
                .exit_code,
            0);
  expect("address-show.txt", {"address", "show", "--identity-dir", identity});
  expect("address-show.json",
         {"address", "show", "--json", "--identity-dir", identity, "--password-file", path("password")});
  expect("address-show-password.txt", {"address", "show", "--identity-dir", identity, "--password-file",
                                       path("password"), "--show-password", "--port", "5224"});
  for (const std::string command : {"show", "qr"}) {
    expect("address-" + command + "-nothing.txt", {"address", command, "--identity-dir", path("nowhere")});
    expect("address-" + command + "-wrong.txt", {"address", command, "--no-such-option"});
  }
  expect("address-qr-format.txt", {"address", "qr", "--identity-dir", identity, "--format", "jpeg"});
}

TEST_F(CommandOutput, OfServerTest) {
  const Home home;
  Server server(home.flags(), {"SOTTO_PASSWORD=a-password-of-a-team-9"});
  server.wait_ready();
  const auto port = server.ports().front();
  replace(":" + std::to_string(port), ":<port>");
  replace("[A-Za-z0-9_-]{43}=", "<fingerprint>");
  replace(R"( +\d+ ms)", " <n> ms");
  replace(R"("milliseconds": \d+)", R"("milliseconds": <n>)");
  expect("server-test.txt", {"server", "test", "-"}, home.address(port, "a-password-of-a-team-9"));
  expect("server-test.json", {"server", "test", "--json", "-"}, home.address(port, "a-password-of-a-team-9"));
  expect("server-test-password.txt", {"server", "test", home.address(port)});
  expect("server-test-usage.txt", {"server", "test", "smp://nonsense"});
  const auto closed = free_port();
  replace(std::to_string(closed), "<port>");
  expect("server-test-nobody.txt", {"server", "test", home.address(closed)});
  expect("server-test-nobody.json", {"server", "test", "--json", home.address(closed)});
}

}  // namespace
}  // namespace sotto::test
