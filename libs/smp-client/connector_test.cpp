// Where connecting fails, and what is said about it: each test is a server that goes wrong at one layer.
#include "libs/smp-client/connector.hpp"

#include <gtest/gtest.h>

#include "libs/smp-client/sync_client.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::client {
namespace {

using namespace std::chrono_literals;

ConnectOptions local_options(std::uint16_t port) {
  ConnectOptions options;
  options.hosts = {{smp::HostKind::ipv4, "127.0.0.1"}};
  options.port = port;
  return options;
}

Failure failure_of(ConnectOptions options) {
  SyncClient client;
  EXPECT_FALSE(client.connect(std::move(options)).ok());
  return client.failure().value_or(Failure{});
}

Failure failure_of(const tests::FakeSmpServer& server) {
  auto options = local_options(server.port());
  options.fingerprint = server.fingerprint();
  return failure_of(std::move(options));
}

#define EXPECT_FAILURE(failure, expected_layer, expected_reason) \
  EXPECT_EQ((failure).layer, expected_layer);                    \
  EXPECT_EQ((failure).reason, expected_reason) << (failure).error.message

TEST(Connector, NeverLooksUpAnOnionHost) {
  auto options = local_options(5223);
  options.hosts = {{smp::HostKind::onion, "abc.onion"}};
  const auto failure = failure_of(options);
  EXPECT_FAILURE(failure, Layer::address, Reason::onion_host);
}

TEST(Connector, SkipsAnOnionHostWhereAnotherIsGiven) {
  const tests::FakeSmpServer server;
  auto options = local_options(server.port());
  options.fingerprint = server.fingerprint();
  options.hosts.insert(options.hosts.begin(), {smp::HostKind::onion, "abc.onion"});
  SyncClient client;
  EXPECT_TRUE(client.connect(options).ok());
}

TEST(Connector, NamesARefusedConnection) {
  const tests::ClosedPort closed;
  const auto failure = failure_of(local_options(closed.port()));
  EXPECT_FAILURE(failure, Layer::tcp, Reason::refused);
  EXPECT_EQ(failure.error.code, ErrorCode::connection_failed);
}

TEST(Connector, TriesTheNextHost) {
  const tests::FakeSmpServer server;
  auto options = local_options(server.port());
  options.fingerprint = server.fingerprint();
  // 127.0.0.2 is of the same machine, but the server listens on 127.0.0.1 only.
  options.hosts.insert(options.hosts.begin(), {smp::HostKind::ipv4, "127.0.0.2"});
  std::vector<std::pair<Layer, bool>> steps;
  options.observer = [&](const Step& step) { steps.emplace_back(step.layer, step.passed); };
  SyncClient client;
  EXPECT_TRUE(client.connect(options).ok());
  const std::vector<std::pair<Layer, bool>> expected{{Layer::tcp, false},        {Layer::tcp, true},
                                                     {Layer::tls, true},         {Layer::chain, true},
                                                     {Layer::fingerprint, true}, {Layer::handshake, true}};
  EXPECT_EQ(steps, expected);
}

TEST(Connector, LooksUpAName) {
  const tests::FakeSmpServer server;
  auto options = local_options(server.port());
  options.fingerprint = server.fingerprint();
  options.hosts = {{smp::HostKind::domain, "localhost"}};
  options.family = IpFamily::ipv4;
  std::string detail;
  options.observer = [&](const Step& step) {
    if (step.layer == Layer::dns) detail = step.detail;
  };
  SyncClient client;
  EXPECT_TRUE(client.connect(options).ok());
  EXPECT_EQ(detail, "localhost: 127.0.0.1");
}

TEST(Connector, SaysWhenNoAddressIsOfTheWantedFamily) {
  auto options = local_options(5223);
  options.family = IpFamily::ipv6;
  const auto failure = failure_of(options);
  EXPECT_FAILURE(failure, Layer::dns, Reason::no_family);
}

TEST(Connector, NamesAServerThatSpeaksPlainText) {
  tests::FakeListener server([](tests::FakePeer& peer) {
    peer.write("220 mail.example ESMTP\r\n");
    peer.wait_closed();
  });
  const auto failure = failure_of(local_options(server.port()));
  EXPECT_FAILURE(failure, Layer::tls, Reason::not_tls);
}

TEST(Connector, NamesAServerThatEchoes) {
  tests::FakeListener server([](tests::FakePeer& peer) {
    for (auto bytes = peer.read(); !bytes.empty(); bytes = peer.read()) peer.write(as_text(bytes));
  });
  const auto failure = failure_of(local_options(server.port()));
  EXPECT_FAILURE(failure, Layer::tls, Reason::not_tls);
}

TEST(Connector, NamesAConnectionThatEndsBeforeTls) {
  tests::FakeListener server([](tests::FakePeer& peer) { peer.read(); });
  const auto failure = failure_of(local_options(server.port()));
  EXPECT_FAILURE(failure, Layer::tls, Reason::closed);
}

TEST(Connector, NamesASilentServer) {
  tests::FakeListener server([](tests::FakePeer& peer) { peer.wait_closed(); });
  auto options = local_options(server.port());
  options.timeout = 200ms;
  const auto failure = failure_of(options);
  EXPECT_FAILURE(failure, Layer::tls, Reason::timeout);
  EXPECT_EQ(failure.error.code, ErrorCode::timeout);
}

class ConnectorToWebServer : public testing::TestWithParam<tests::WebKey> {};

TEST_P(ConnectorToWebServer, NamesTheTlsAlert) {
  const auto tls = tests::web_server_tls(GetParam());
  tests::FakeListener server([&](tests::FakePeer& peer) { peer.accept_tls(tls.get()); });
  const auto failure = failure_of(local_options(server.port()));
  EXPECT_FAILURE(failure, Layer::tls, Reason::tls_alert);
}

INSTANTIATE_TEST_SUITE_P(Keys, ConnectorToWebServer, testing::Values(tests::WebKey::rsa, tests::WebKey::ecdsa));

TEST(Connector, NamesASingleCertificate) {
  const tests::FakeSmpServer server({.only_leaf = true});
  const auto failure = failure_of(server);
  EXPECT_FAILURE(failure, Layer::chain, Reason::chain_length);
}

TEST(Connector, NamesAnotherIdentity) {
  const tests::FakeSmpServer server;
  const auto failure = failure_of(local_options(server.port()));
  EXPECT_FAILURE(failure, Layer::fingerprint, Reason::fingerprint_mismatch);
  EXPECT_EQ(failure.seen_fingerprint, server.fingerprint());
}

TEST(Connector, NamesAServerWithoutAHello) {
  const tests::FakeSmpServer server({.send_hello = false});
  auto options = local_options(server.port());
  options.fingerprint = server.fingerprint();
  options.timeout = 500ms;
  const auto failure = failure_of(options);
  EXPECT_FAILURE(failure, Layer::handshake, Reason::timeout);
}

TEST(Connector, NamesAFirstBlockThatIsNoHello) {
  const tests::FakeSmpServer server({.hello = to_bytes(as_bytes("HTTP/1.1 400 Bad Request"))});
  const auto failure = failure_of(server);
  EXPECT_FAILURE(failure, Layer::handshake, Reason::not_smp);
}

TEST(Connector, NamesAnotherTlsSession) {
  const tests::FakeSmpServer server({.wrong_session = true});
  const auto failure = failure_of(server);
  EXPECT_FAILURE(failure, Layer::handshake, Reason::session_mismatch);
}

TEST(Connector, NamesARangeWithoutACommonVersion) {
  const tests::FakeSmpServer server({.versions = {6, 9}});
  auto options = local_options(server.port());
  options.fingerprint = server.fingerprint();
  options.versions = {10, 20};
  const auto failure = failure_of(options);
  EXPECT_FAILURE(failure, Layer::handshake, Reason::version_range);
}

TEST(Connector, CallsNobodyAfterCancel) {
  tests::FakeListener server([](tests::FakePeer& peer) { peer.wait_closed(); });
  boost::asio::io_context io;
  bool called = false;
  const auto connector =
      Connector::start(io.get_executor(), std::make_shared<const ConnectOptions>(local_options(server.port())),
                       [&](const ConnectOutcome& /*unused*/) { called = true; });
  io.run_one();
  connector->cancel();
  io.run();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace sotto::client
