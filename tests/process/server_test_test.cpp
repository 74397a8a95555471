// `sotto server test` as a process: against sotto-server, and against what is not one. It names the layer that fails,
// and its exit code says the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/process/program.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string kPassword = "correct-horse-battery";

struct TestOutcome {
  int exit_code = -1;
  json document;
  [[nodiscard]] std::string layer() const { return document.value("failingLayer", ""); }
};

// With --json, and once more without: both must agree. The address goes through standard input, as documented.
TestOutcome test(const std::string& address, const Texts& more = {}) {
  Texts arguments{"server", "test", "-"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto for_people = run(cli_program(), arguments, {}, address + "\n");
  arguments.emplace_back("--json");
  const auto for_programs = run(cli_program(), arguments, {}, address + "\n");
  EXPECT_EQ(for_people.exit_code, for_programs.exit_code) << for_people.output << for_people.errors;
  auto document = json::parse(for_programs.output, nullptr, false);
  EXPECT_TRUE(document.is_object()) << for_programs.output << for_programs.errors;
  EXPECT_EQ(document.value("exitCode", -1), for_programs.exit_code);
  EXPECT_EQ(document.value("passed", false), for_programs.exit_code == 0);
  EXPECT_EQ(document.contains("failingLayer"), for_programs.exit_code != 0);
  if (document.contains("failingLayer")) {
    const auto layer = document.at("failingLayer").get<std::string>();
    // A text that is no address is answered as a usage error, in one line.
    const auto people_read = layer == "address" ? "sotto: " : "The server fails at: " + layer;
    EXPECT_THAT(for_people.output + for_people.errors, HasSubstr(people_read));
    EXPECT_NE(document.value("cause", ""), "");
    EXPECT_NE(document.value("remedy", ""), "");
  }
  for (const auto& text : {for_people.output, for_people.errors, for_programs.output, for_programs.errors}) {
    EXPECT_THAT(text, Not(HasSubstr(kPassword)));
  }
  return {for_programs.exit_code, std::move(document)};
}

// Against the real server.
class ServerTest : public testing::Test {
 protected:
  Home home;
  std::unique_ptr<Server> server;

  std::uint16_t start(const Texts& more = {}, const Texts& environment = {"SOTTO_PASSWORD=" + kPassword}) {
    auto flags = home.flags({"--ports=0", "--listen=127.0.0.1"});
    flags.insert(flags.end(), more.begin(), more.end());
    server = std::make_unique<Server>(flags, environment);
    server->wait_ready();
    return server->ports().front();
  }
};

TEST_F(ServerTest, Passes) {
  const auto port = start();
  const auto outcome = test(home.address(port, kPassword));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.document.dump(2);
  for (const auto* step : {"createQueue", "secureQueue", "sendMessage", "receiveMessage", "acknowledgeMessage",
                           "deleteQueue", "disconnect"}) {
    EXPECT_TRUE(std::any_of(outcome.document.at("steps").begin(), outcome.document.at("steps").end(),
                            [&](const json& row) { return row.at("step") == step && row.at("status") == "ok"; }))
        << step;
  }
}

TEST_F(ServerTest, PassesWithNotifications) {
  const auto port = start();
  EXPECT_EQ(test(home.address(port, kPassword), {"--extended"}).exit_code, 0);
}

TEST_F(ServerTest, PassesWithTheAddressOfAnIdentityOrAFile) {
  const auto port = std::to_string(start());
  const auto password = home.directory.path() / "given-password";
  write_file(password, kPassword + "\n");
  const auto composed = run(cli_program(), {"server", "test", "--identity-dir", home.identity().string(), "--host",
                                            "127.0.0.1", "--port", port, "--password-file", password.string()});
  EXPECT_EQ(composed.exit_code, 0) << composed.output << composed.errors;
  const auto file = home.directory.path() / "address";
  write_file(file, home.address(1, kPassword) + "\n");
  const auto read = run(cli_program(), {"server", "test", "--address-file", file.string(), "--port", port});
  EXPECT_EQ(read.exit_code, 0) << read.output << read.errors;
}

TEST_F(ServerTest, LeavesNothingBehind) {
  const auto port = start({"--log-format=json"});
  EXPECT_EQ(test(home.address(port, kPassword), {"--extended"}).exit_code, 0);
  server->signal(SIGTERM);
  EXPECT_EQ(server->wait(), 0);
  start({"--log-format=json"});
  EXPECT_THAT(server->errors(), HasSubstr(R"("message":"ready","queues":0)"));
}

TEST_F(ServerTest, MissingPassword) {
  const auto outcome = test(home.address(start()));
  EXPECT_EQ(outcome.layer(), "create");
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(outcome.document.value("cause", ""), HasSubstr("needs a password"));
}

TEST_F(ServerTest, WrongPassword) {
  const auto outcome = test(home.address(start(), "another-horse"));
  EXPECT_EQ(outcome.layer(), "create");
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(outcome.document.value("cause", ""), HasSubstr("password"));
  EXPECT_THAT(outcome.document.dump(), Not(HasSubstr("another-horse")));
}

TEST_F(ServerTest, NewQueuesOff) {
  const auto port = start({"--new-queues=false"});
  for (const auto& password : {kPassword, std::string()}) {
    const auto outcome = test(home.address(port, password));
    EXPECT_EQ(outcome.layer(), "create");
    EXPECT_EQ(outcome.exit_code, 5);
    EXPECT_THAT(outcome.document.value("cause", ""), HasSubstr("switched off"));
  }
}

TEST_F(ServerTest, WrongFingerprint) {
  const auto port = start();
  const Home other;
  const auto outcome = test(other.address(port, kPassword));
  EXPECT_EQ(outcome.layer(), "fingerprint");
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_EQ(outcome.document.at("fingerprint").at("expected"), to_base64url(other.fingerprint));
  EXPECT_EQ(outcome.document.at("fingerprint").at("seen"), to_base64url(home.fingerprint));
}

TEST_F(ServerTest, NoCommonVersion) {
  const tests::FakeSmpServer future({.versions = {21, 25}});
  const auto outcome =
      test("smp://" + to_base64url(future.fingerprint()) + "@127.0.0.1:" + std::to_string(future.port()));
  EXPECT_EQ(outcome.layer(), "handshake");
  EXPECT_EQ(outcome.exit_code, 9);
}

TEST_F(ServerTest, WrongPort) {
  const tests::ClosedPort closed;
  const auto outcome = test(home.address(closed.port(), kPassword));
  EXPECT_EQ(outcome.layer(), "tcp");
  EXPECT_EQ(outcome.exit_code, 4);
}

TEST_F(ServerTest, AnotherProtocolOnThePort) {
  const tests::FakeListener mail([](tests::FakePeer& peer) {
    peer.write("220 mail.example.com ESMTP\r\n");
    peer.wait_closed();
  });
  const auto outcome = test(home.address(mail.port(), kPassword));
  EXPECT_EQ(outcome.layer(), "tls");
  EXPECT_EQ(outcome.exit_code, 9);
}

TEST_F(ServerTest, NobodyAnswersOnThePort) {
  const tests::FakeListener silent([](tests::FakePeer& peer) { peer.wait_closed(); });
  const auto outcome = test(home.address(silent.port(), kPassword), {"--timeout", "1"});
  EXPECT_EQ(outcome.layer(), "tls");
  EXPECT_EQ(outcome.exit_code, 8);
}

TEST_F(ServerTest, AWebServer) {
  const auto tls = tests::web_server_tls(tests::WebKey::ecdsa);
  const tests::FakeListener web([&](tests::FakePeer& peer) {
    if (peer.accept_tls(tls.get())) peer.wait_closed();
  });
  const auto outcome = test(home.address(web.port(), kPassword));
  EXPECT_EQ(outcome.layer(), "tls");
  EXPECT_EQ(outcome.exit_code, 9);
}

TEST_F(ServerTest, TlsThatIsNotSmp) {
  const tests::FakeSmpServer other({.hello = Bytes(16'384, 'x')});
  const auto outcome =
      test("smp://" + to_base64url(other.fingerprint()) + "@127.0.0.1:" + std::to_string(other.port()));
  EXPECT_EQ(outcome.layer(), "handshake");
  EXPECT_EQ(outcome.exit_code, 9);
}

TEST_F(ServerTest, AChainOfOneCertificate) {
  const tests::FakeSmpServer lone({.only_leaf = true});
  const auto outcome = test("smp://" + to_base64url(lone.fingerprint()) + "@127.0.0.1:" + std::to_string(lone.port()));
  EXPECT_EQ(outcome.layer(), "chain");
  EXPECT_EQ(outcome.exit_code, 5);
}

TEST_F(ServerTest, ATextThatIsNoAddress) {
  const auto outcome = test("smp://AAAA@127.0.0.1");
  EXPECT_EQ(outcome.layer(), "address");
  EXPECT_EQ(outcome.exit_code, 2);
}

}  // namespace
}  // namespace sotto::test
