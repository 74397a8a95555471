// The server certificate is changed under running programs, with the programs that an operator has: who is connected
// notices nothing, who connects later sees the new one, and at no time does a client find the server broken.
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/certificate.hpp"
#include "libs/crypto/random.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/operations/programs.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/server/test_identity.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kSoon = "--identity-reload-interval=100ms";
// Longer than any test: nothing is seen without SIGHUP.
const std::string kNever = "--identity-reload-interval=1h";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Rotation : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  void start(ServerProgram program, bool ready = true) {
    program_.emplace(std::move(program));
    ready ? program_->wait_ready(true) : program_->wait_live();
    port_ = program_->port();
    fingerprint_ = fingerprint_of(program_->identity_dir());
    first_leaf_ = leaf_shown();
    ASSERT_EQ(first_leaf_, leaf_in_directory());
  }
  void start_server(const std::string& flag) { start(ServerProgram::standalone({flag}, GetParam())); }

  // Of a new connection, in TLS and in the hello, under the identity that its address names.
  [[nodiscard]] Bytes leaf_shown() const {
    RawSession session(port_, fingerprint_);
    const auto chain = session.connection().peer_chain();
    EXPECT_EQ(session.server_hello().certificate_chain, chain);
    EXPECT_EQ(crypto::identity_fingerprint(chain), fingerprint_);
    session.hello(smp::kMaxVersion);  // opens the signed key with the leaf's key
    return chain.front();
  }
  [[nodiscard]] Bytes leaf_in_directory() const {
    return crypto::certificates_from_pem(read(program_->identity_dir() / "server.crt"))->front();
  }
  void rotate() {
    std::string said;
    ASSERT_EQ(program_->sotto({"cert", "rotate", "--identity-dir", program_->identity_dir().string()}, &said), 0)
        << said;
    ASSERT_NE(leaf_in_directory(), first_leaf_);
  }
  void wait_for_new_leaf() {
    wait_until("the new certificate", [this] { return leaf_shown() == leaf_in_directory(); });
  }
  void expect_server_test_passes() const {
    std::string said;
    const auto address = "smp://" + to_base64url(fingerprint_) + "@127.0.0.1:" + std::to_string(port_);
    EXPECT_EQ(program_->sotto({"server", "test", address}, &said), 0) << said;
  }
  [[nodiscard]] client::ConnectOptions options() const {
    client::ConnectOptions options;
    options.hosts = {smp::Host{smp::HostKind::ipv4, "127.0.0.1"}};
    options.port = port_;
    options.fingerprint = fingerprint_;
    return options;
  }
  // -1: there is no such metric.
  [[nodiscard]] double metric(const std::string& name) const {
    std::string exposition;
    EXPECT_EQ(program_->probe("/metrics", &exposition), 200);
    const auto at = exposition.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(exposition.substr(at + name.size() + 2));
  }
  [[nodiscard]] double reloads(const std::string& result) const {
    return metric("smp_identity_reloads_total{result=\"" + result + "\"}");
  }

  std::optional<ServerProgram> program_;
  std::uint16_t port_ = 0;
  crypto::Fingerprint fingerprint_{};
  Bytes first_leaf_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, Rotation, testing::Values("ed25519", "ed448"),
                         [](const auto& kind) { return kind.param == "ed448" ? "Ed448" : "Ed25519"; });

TEST_P(Rotation, GoesOnUnderRunningSessions) {
  start_server(kSoon);
  client::SyncClient recipient;
  ASSERT_TRUE(recipient.connect(options()));
  const auto queue = recipient.create_queue();
  ASSERT_TRUE(queue);
  client::SyncClient sender;
  ASSERT_TRUE(sender.connect(options()));
  const auto passes_on = [&](client::SyncClient& from, const std::string& text) {
    EXPECT_TRUE(from.send(*queue, text));
    const auto message = recipient.next_message(*queue);
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_TRUE(recipient.ack(*queue, *message));
  };
  passes_on(sender, "before");
  expect_server_test_passes();

  rotate();
  wait_until("the new certificate", [&] {
    expect_server_test_passes();
    passes_on(sender, "meanwhile");
    return leaf_shown() == leaf_in_directory();
  });
  expect_server_test_passes();

  passes_on(sender, "over connections of before");
  client::SyncClient late;
  ASSERT_TRUE(late.connect(options()));
  passes_on(late, "over a new one");
  EXPECT_TRUE(sender.connected());
  EXPECT_TRUE(recipient.connected());
  EXPECT_EQ(reloads("ok"), 1);
  EXPECT_EQ(reloads("refused"), 0);
}

TEST_P(Rotation, HappensAtOnceWhenSighupSaysSo) {
  start_server(kNever);
  rotate();
  EXPECT_EQ(leaf_shown(), first_leaf_);
  program_->process().signal(SIGHUP);
  wait_for_new_leaf();
  expect_server_test_passes();
  EXPECT_TRUE(program_->process().running());
  EXPECT_THAT(program_->process().log(), HasSubstr("identity reloaded"));
  program_->process().signal(SIGTERM);
  EXPECT_EQ(program_->process().wait(), 0);
}

TEST_P(Rotation, GoesThroughARequestWhenTheKeyOfTheCaIsOffline) {
  start_server(kSoon);
  const auto identity = program_->identity_dir().string();
  const auto offline = program_->directory() / "offline";
  std::filesystem::rename(program_->directory() / "ca-key", offline);
  const auto csr = (offline / "server.csr").string();
  const auto certificate = (offline / "server.crt").string();
  ASSERT_EQ(program_->sotto({"cert", "csr", "--identity-dir", identity, "--out", csr}), 0);
  ASSERT_EQ(program_->sotto({"cert", "sign", "--csr", csr, "--ca-key-dir", offline.string(), "--ca-cert",
                             identity + "/ca.crt", "--out", certificate}),
            0);
  EXPECT_EQ(leaf_shown(), first_leaf_);
  ASSERT_EQ(program_->sotto({"cert", "install", "--certificate", certificate, "--identity-dir", identity}), 0);
  EXPECT_NE(leaf_in_directory(), first_leaf_);
  wait_for_new_leaf();
  expect_server_test_passes();
}

TEST_P(Rotation, RefusesABrokenCertificateAndGoesOn) {
  start_server(kNever);
  client::SyncClient before;
  ASSERT_TRUE(before.connect(options()));
  const auto good = read(program_->identity_dir() / "server.crt");
  std::ofstream(program_->identity_dir() / "server.crt") << good.substr(0, good.size() / 2);
  program_->process().signal(SIGHUP);
  wait_until("the refusal", [this] { return reloads("refused") == 1; });
  wait_until("the line", [this] { return program_->process().log().find("refused") != std::string::npos; });
  EXPECT_THAT(program_->process().log(), AllOf(HasSubstr((program_->identity_dir() / "server.crt").string()),
                                               HasSubstr("PEM"), Not(HasSubstr("-----BEGIN"))));
  EXPECT_EQ(leaf_shown(), first_leaf_);
  EXPECT_TRUE(before.ping());
  expect_server_test_passes();
  EXPECT_EQ(program_->probe("/readyz"), 200);

  std::ofstream(program_->identity_dir() / "server.crt") << good;
  rotate();
  program_->process().signal(SIGHUP);
  wait_for_new_leaf();
  EXPECT_EQ(reloads("ok"), 1);
  EXPECT_TRUE(before.ping());
}

TEST_P(Rotation, NeverBecomesAnotherServer) {
  start_server(kNever);
  write_identity(program_->identity_dir());
  program_->process().signal(SIGHUP);
  wait_until("the refusal", [this] { return reloads("refused") == 1; });
  wait_until("the line", [this] { return program_->process().log().find("is of another CA") != std::string::npos; });
  EXPECT_EQ(leaf_shown(), first_leaf_);
  expect_server_test_passes();
}

TEST_P(Rotation, ShowsWhenTheNewOneEnds) {
  start_server(kSoon);
  const auto before = metric("smp_certificate_expiry_seconds");
  ASSERT_EQ(program_->sotto({"cert", "rotate", "--days=90", "--identity-dir", program_->identity_dir().string()}), 0);
  wait_for_new_leaf();
  wait_until("the metric", [&] { return metric("smp_certificate_expiry_seconds") < before; });
  const auto end = crypto::parse_certificate(leaf_in_directory())->not_after;
  EXPECT_EQ(metric("smp_certificate_expiry_seconds"), static_cast<double>(unix_seconds(end)));
}

// The gateway of a platform: nothing behind it is needed for a handshake, nor for PING.
TEST_P(Rotation, IsTheSameAtTheGateway) {
  start(ServerProgram::gateway("127.0.0.1:" + std::to_string(free_port()), {kSoon}, GetParam()), false);
  client::SyncClient before;
  ASSERT_TRUE(before.connect(options()));
  rotate();
  wait_for_new_leaf();
  EXPECT_TRUE(before.ping());
  client::SyncClient late;
  ASSERT_TRUE(late.connect(options()));
  EXPECT_TRUE(late.ping());
  rotate();
  program_->process().signal(SIGHUP);
  wait_for_new_leaf();
  wait_until("the count", [this] { return reloads("ok") == 2; });
  EXPECT_TRUE(before.ping());
}

}  // namespace
}  // namespace sotto::test
