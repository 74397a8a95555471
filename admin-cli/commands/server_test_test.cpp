// `sotto server test` against servers that are fine and servers that go wrong, each at one layer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin-cli/commands/command_runner.hpp"
#include "libs/base/bytes.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string address_text(const crypto::Fingerprint& fingerprint, std::uint16_t port, const std::string& password = "") {
  return "smp://" + to_base64url(fingerprint) + (password.empty() ? "" : ":" + password) +
         "@127.0.0.1:" + std::to_string(port);
}

std::string address_of(const tests::FakeSmpServer& server, const std::string& password = "") {
  return address_text(server.fingerprint(), server.port(), password);
}

// The JSON report; also that the exit code in it is the program's.
nlohmann::json test_json(const std::string& address, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"server", "test", "--json", "-"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto output = run_sotto(arguments, address + "\n");
  auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ(json["schemaVersion"], 1);
  EXPECT_EQ(json["exitCode"], output.exit_code);
  EXPECT_EQ(json["passed"], output.exit_code == 0);
  return json;
}

std::vector<std::string> steps_of(const nlohmann::json& json) {
  std::vector<std::string> steps;
  for (const auto& row : json["steps"]) {
    const std::string step = row["step"];
    steps.push_back((step.starts_with("connect") ? std::string(row["layer"]) : step) +
                    (row["status"] == "ok" ? "" : " " + std::string(row["status"])));
  }
  return steps;
}

TEST(ServerTest, PassesAServerThatWorks) {
  const tests::FakeSmpServer server;
  const auto json = test_json(address_of(server));
  EXPECT_EQ(json["exitCode"], 0);
  EXPECT_THAT(steps_of(json),
              ElementsAre("tcp", "tls", "chain", "fingerprint", "handshake", "createQueue", "secureQueue",
                          "sendMessage", "receiveMessage", "acknowledgeMessage", "deleteQueue", "disconnect"));
}

TEST(ServerTest, TestsNotificationsWhenExtended) {
  const tests::FakeSmpServer server;
  const auto json = test_json(address_of(server), {"--extended"});
  EXPECT_EQ(json["exitCode"], 0);
  EXPECT_THAT(steps_of(json), ElementsAre("tcp", "tls", "chain", "fingerprint", "handshake", "createQueue",
                                          "secureQueue", "createNotifier", "tcp", "tls", "chain", "fingerprint",
                                          "handshake", "subscribeNotifier", "sendMessage", "receiveMessage",
                                          "receiveNotification", "acknowledgeMessage", "deleteQueue", "disconnect"));
}

TEST(ServerTest, PrintsATableWithoutThePassword) {
  const tests::FakeSmpServer server({.password = "secret"});
  const auto output = run_sotto({"server", "test", address_of(server, "secret")});
  EXPECT_EQ(output.exit_code, 0) << output.out;
  EXPECT_THAT(output.out, AllOf(HasSubstr(":***@127.0.0.1"), HasSubstr("ok    handshake"),
                                HasSubstr("The server passes."), Not(HasSubstr("secret@")), Not(HasSubstr("\x1b["))));
  EXPECT_EQ(output.err, "");
}

TEST(ServerTest, ColoursOnlyWhenWanted) {
  const tests::FakeSmpServer server;
  EXPECT_THAT(run_sotto({"server", "test", "--color", "always", address_of(server)}).out, HasSubstr("\x1b[32m"));
  EXPECT_THAT(run_sotto({"server", "test", "--color", "never", address_of(server)}, "", true).out,
              Not(HasSubstr("\x1b[")));
}

TEST(ServerTest, TakesAnotherPort) {
  const tests::FakeSmpServer server;
  const auto json = test_json(address_text(server.fingerprint(), 1), {"--port", std::to_string(server.port())});
  EXPECT_EQ(json["exitCode"], 0);
}

TEST(ServerTest, SkipsAnAddressThatFailsWhereAnotherWorks) {
  const tests::FakeSmpServer server;
  auto address = address_of(server);
  // 127.0.0.2 is of the same machine, but the server listens on 127.0.0.1 only.
  address.replace(address.find("127.0.0.1"), 9, "127.0.0.2,127.0.0.1");
  const auto json = test_json(address);
  EXPECT_EQ(json["exitCode"], 0);
  EXPECT_EQ(steps_of(json).at(0), "tcp overcome");
  EXPECT_EQ(steps_of(json).at(1), "tcp");
  const auto output = run_sotto({"server", "test", address});
  EXPECT_THAT(output.out, AllOf(HasSubstr("skip  tcp"), Not(HasSubstr("FAIL"))));
}

TEST(ServerTest, FailsWhenNoAddressWorks) {
  const tests::ClosedPort closed;
  auto address = address_text({}, closed.port());
  address.replace(address.find("127.0.0.1"), 9, "127.0.0.2,127.0.0.1");
  const auto json = test_json(address);
  EXPECT_EQ(json["exitCode"], 4);
  EXPECT_THAT(steps_of(json), ElementsAre("tcp failed", "tcp failed"));
}

TEST(ServerTest, TakesAnAddressFromAFile) {
  const tests::FakeSmpServer server({.password = "secret"});
  const TempDir dir;
  const auto file = dir / "address";
  write_content(file, address_of(server, "secret") + "\nsmp://not-read\n");
  EXPECT_EQ(run_sotto({"server", "test", "--address-file", file}).exit_code, 0);
  write_content(file, "smp://short:secret@localhost\n");
  const auto bad = run_sotto({"server", "test", "--address-file", file});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_THAT(bad.err, AllOf(HasSubstr(file), HasSubstr("fingerprint"), Not(HasSubstr("secret"))));
  const auto missing = run_sotto({"server", "test", "--json", "--address-file", dir / "none"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.out, HasSubstr("A file that the address comes from cannot be used."));
}

TEST(ServerTest, MakesTheAddressOfAnIdentity) {
  const tests::FakeSmpServer server;
  const TempDir dir;
  const auto identity = dir / "identity";
  ASSERT_EQ(run_sotto({"init", "--identity-dir", identity, "--host", "smp.example.com"}).exit_code, 0);
  // Who only tests has no key.
  for (const auto* name : {"server.key", "server.crt", "hosts"}) std::filesystem::remove(identity + "/" + name);
  const std::vector<std::string> arguments{
      "server", "test", "--json", "--identity-dir", identity, "--port", std::to_string(server.port())};
  EXPECT_THAT(run_sotto(arguments).err, HasSubstr("name the host with --host"));
  auto with_host = arguments;
  with_host.insert(with_host.end(), {"--host", "127.0.0.1"});
  const auto output = run_sotto(with_host);
  const auto json = nlohmann::json::parse(output.out);
  // It was reached, and has another identity than this one.
  EXPECT_EQ(json["failingLayer"], "fingerprint");
  EXPECT_THAT(std::string(json["address"]), HasSubstr(":***@127.0.0.1:"));
  with_host.emplace_back("--no-password");
  EXPECT_THAT(run_sotto(with_host).out, Not(HasSubstr("***")));
}

TEST(ServerTest, WantsOneServer) {
  const auto error_of = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"server", "test"});
    const auto output = run_sotto(more);
    EXPECT_EQ(output.exit_code, 2);
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_THAT(error_of({}), HasSubstr("which server? Give one of ADDRESS (or -), --address-file and --identity-dir"));
  EXPECT_THAT(error_of({"-", "--address-file", "a"}), HasSubstr("named twice"));
  EXPECT_THAT(error_of({"-", "--identity-dir", "a"}), HasSubstr("named twice"));
  EXPECT_THAT(error_of({"--address-file", "a", "--identity-dir", "b"}), HasSubstr("named twice"));
  EXPECT_THAT(error_of({"-", "--host", "localhost"}), HasSubstr("--host goes with --identity-dir"));
  EXPECT_THAT(error_of({"-", "--no-password"}), HasSubstr("--no-password goes with --identity-dir"));
  EXPECT_THAT(error_of({"--address-file", "a", "--password-file", "b"}),
              HasSubstr("--password-file goes with --identity-dir"));
}

TEST(ServerTest, RefusesWhatIsNoAddress) {
  const auto json = test_json("smp://short:secret@localhost");
  EXPECT_EQ(json["exitCode"], 2);
  EXPECT_EQ(json["failingLayer"], "address");
  const auto output = run_sotto({"server", "test", "smp://short:secret@localhost"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, AllOf(HasSubstr("fingerprint"), Not(HasSubstr("secret"))));
}

TEST(ServerTest, NamesAClosedPort) {
  const tests::ClosedPort closed;
  const auto json = test_json(address_text({}, closed.port()));
  EXPECT_EQ(json["exitCode"], 4);
  EXPECT_EQ(json["failingLayer"], "tcp");
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("nothing listens on port " + std::to_string(closed.port())));
  EXPECT_THAT(steps_of(json), ElementsAre("tcp failed"));
}

TEST(ServerTest, NamesAnOnionAddress) {
  const auto json = test_json("smp://" + to_base64url(Bytes(32, 1)) + "@" + std::string(56, 'a') + ".onion");
  EXPECT_EQ(json["exitCode"], 4);
  EXPECT_EQ(json["failingLayer"], "address");
}

TEST(ServerTest, NamesAPlainTextServer) {
  tests::FakeListener server([](tests::FakePeer& peer) {
    for (auto bytes = peer.read(); !bytes.empty(); bytes = peer.read()) peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto json = test_json(address_text({}, server.port()));
  EXPECT_EQ(json["exitCode"], 9);
  EXPECT_EQ(json["failingLayer"], "tls");
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("does not speak TLS"));
  EXPECT_THAT(steps_of(json), ElementsAre("tcp", "tls failed"));
}

TEST(ServerTest, NamesAConnectionThatIsClosedAtOnce) {
  tests::FakeListener server([](tests::FakePeer& peer) { peer.read(); });
  const auto json = test_json(address_text({}, server.port()));
  EXPECT_EQ(json["exitCode"], 9);
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("closed at once"));
}

class ServerTestOfAWebServer : public testing::TestWithParam<tests::WebKey> {};

TEST_P(ServerTestOfAWebServer, NamesIt) {
  const auto tls = tests::web_server_tls(GetParam());
  tests::FakeListener server([&](tests::FakePeer& peer) { peer.accept_tls(tls.get()); });
  const auto json = test_json(address_text({}, server.port()));
  EXPECT_EQ(json["exitCode"], 9);
  EXPECT_EQ(json["failingLayer"], "tls");
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("web server"));
}

INSTANTIATE_TEST_SUITE_P(Keys, ServerTestOfAWebServer, testing::Values(tests::WebKey::rsa, tests::WebKey::ecdsa));

TEST(ServerTest, NamesASilentServer) {
  tests::FakeListener server([](tests::FakePeer& peer) { peer.wait_closed(); });
  const auto json = test_json(address_text({}, server.port()), {"--timeout", "0.2"});
  EXPECT_EQ(json["exitCode"], 8);
  EXPECT_EQ(json["failingLayer"], "tls");
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("does not answer TLS"));
}

TEST(ServerTest, NamesAServerWithoutAHandshake) {
  const tests::FakeSmpServer server({.send_hello = false});
  const auto json = test_json(address_of(server), {"--timeout", "1"});
  EXPECT_EQ(json["exitCode"], 8);
  EXPECT_EQ(json["failingLayer"], "handshake");
}

TEST(ServerTest, NamesASingleCertificate) {
  const tests::FakeSmpServer server({.only_leaf = true});
  const auto json = test_json(address_of(server));
  EXPECT_EQ(json["exitCode"], 5);
  EXPECT_EQ(json["failingLayer"], "chain");
  EXPECT_THAT(std::string(json["remedy"]), HasSubstr("ca.crt"));
}

TEST(ServerTest, PrintsBothFingerprints) {
  const tests::FakeSmpServer server;
  const crypto::Fingerprint other{};
  const auto json = test_json(address_text(other, server.port()));
  EXPECT_EQ(json["exitCode"], 5);
  EXPECT_EQ(json["failingLayer"], "fingerprint");
  EXPECT_EQ(json["fingerprint"]["expected"], to_base64url(other));
  EXPECT_EQ(json["fingerprint"]["seen"], to_base64url(server.fingerprint()));
  const auto output = run_sotto({"server", "test", address_text(other, server.port())});
  EXPECT_THAT(output.out, AllOf(HasSubstr(to_base64url(other)), HasSubstr(to_base64url(server.fingerprint()))));
}

TEST(ServerTest, NamesAWrongPassword) {
  const tests::FakeSmpServer server({.password = "right"});
  const auto json = test_json(address_of(server, "wrong"));
  EXPECT_EQ(json["exitCode"], 5);
  EXPECT_EQ(json["failingLayer"], "create");
  EXPECT_EQ(json["failingStep"], "createQueue");
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("password in the address is wrong"));
}

TEST(ServerTest, NamesAMissingPassword) {
  const tests::FakeSmpServer server({.password = "right"});
  const auto json = test_json(address_of(server));
  EXPECT_EQ(json["exitCode"], 5);
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("the address has none"));
}

TEST(ServerTest, SaysThatNewQueuesMayBeOff) {
  const tests::FakeSmpServer server({.new_queues = false});
  const auto json = test_json(address_of(server));
  EXPECT_EQ(json["exitCode"], 5);
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("new queues are switched off"));
}

TEST(ServerTest, NamesTheCommandThatFailsAndDeletesTheQueue) {
  const tests::FakeSmpServer server({.fail_word = "SEND"});
  const auto json = test_json(address_of(server));
  EXPECT_EQ(json["exitCode"], 9);
  EXPECT_EQ(json["failingLayer"], "send");
  EXPECT_EQ(json["message"], "INTERNAL");
  EXPECT_THAT(steps_of(json), ElementsAre("tcp", "tls", "chain", "fingerprint", "handshake", "createQueue",
                                          "secureQueue", "sendMessage failed", "deleteQueue", "disconnect"));
}

TEST(ServerTest, NamesTheCommandThatIsNotAnswered) {
  const tests::FakeSmpServer server({.silent_word = "SKEY"});
  const auto json = test_json(address_of(server), {"--timeout", "1"});
  EXPECT_EQ(json["exitCode"], 8);
  EXPECT_EQ(json["failingLayer"], "secure");
}

TEST(ServerTest, NamesAConnectionThatEndsInBetween) {
  const tests::FakeSmpServer server({.hang_up_word = "SEND"});
  const auto json = test_json(address_of(server));
  EXPECT_EQ(json["exitCode"], 9);
  EXPECT_EQ(json["failingLayer"], "send");
  EXPECT_THAT(std::string(json["cause"]), HasSubstr("closed the connection"));
}

}  // namespace
}  // namespace sotto::cli
