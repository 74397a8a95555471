// Sections 3 and 5: which versions are offered to whom, and what ends a handshake.
#include <openssl/ssl.h>

#include "tests/conformance/conformance_test.hpp"
#include "tests/support/session/raw_session.hpp"
#include "tests/support/session/server_counters.hpp"

namespace sotto::test {
namespace {

class Section3Alpn : public testing::Test {
 protected:
  std::unique_ptr<SyncClient> connect(transport::Alpn alpn) {
    auto options = server.options();
    options.alpn = alpn;
    auto client = std::make_unique<SyncClient>();
    must(client->connect(options));
    return client;
  }
  InProcessServer server{{"--ephemeral"}};
};

TEST_F(Section3Alpn, WithoutItOnlyVersion6IsOffered) {
  const auto client = connect(transport::Alpn::none);
  EXPECT_EQ(client->connection().server_versions(), (smp::VersionRange{6, 6}));
  EXPECT_EQ(client->version(), 6);
  EXPECT_TRUE(client->ping());
}

TEST_F(Section3Alpn, SmpIsOfferedTheWholeRange) {
  EXPECT_EQ(connect(transport::Alpn::smp)->connection().server_versions(), smp::VersionRange{});
}

TEST_F(Section3Alpn, HttpWithoutSniIsSmpWithTheWholeRange) {
  const auto client = connect(transport::Alpn::http);
  EXPECT_EQ(client->connection().server_versions(), smp::VersionRange{});
  EXPECT_TRUE(client->ping());
}

TEST_F(Section3Alpn, AnUnknownProtocolIsALegacyClient) {
  const auto tls = must(transport::TlsContext::client({.alpn = transport::Alpn::none, .credentials = {}}));
  static constexpr unsigned char kOther[] = {2, 'h', '2'};
  ASSERT_EQ(SSL_CTX_set_alpn_protos(tls->native(), kOther, sizeof kOther), 0);
  client::RawConnection connection;
  must(connection.connect("127.0.0.1", server.port()));
  must(connection.start_tls(tls->native()));
  const auto block = must(connection.read_block());
  const auto hello = must(smp::parse_server_hello(*smp::unpad(block)));
  EXPECT_EQ(hello.versions, (smp::VersionRange{6, 6}));
  EXPECT_TRUE(hello.certificate_chain.empty());
}

TEST_F(Section3Alpn, Tls12StillWorks) {
  const auto tls = must(transport::TlsContext::client({.alpn = transport::Alpn::smp, .credentials = {}}));
  ASSERT_EQ(SSL_CTX_set_max_proto_version(tls->native(), TLS1_2_VERSION), 1);
  auto options = server.options();
  options.tls = tls;
  SyncClient client;
  must(client.connect(options));
  EXPECT_TRUE(client.ping());
  const auto queue = must(client.create_queue());
  EXPECT_TRUE(client.send(queue, "hello"));
}

class Section5Handshake : public Conformance {
 protected:
  // Connects with a changed hello; the server must close for this reason.
  void expect_refused(const std::function<void(smp::ClientHello&)>& edit, const std::string& reason) {
    auto options = server.options(version());
    options.edit_hello = edit;
    SyncClient refused;
    must(refused.connect(options));  // the client's part is done when its hello is sent
    EXPECT_TRUE(refused.expect_closed()) << reason;
    EXPECT_TRUE(reaches(server, "smp_connections_closed_total{reason=\"" + reason + "\"}", 1)) << reason;
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section5Handshake, testing::Values<smp::Version>(6, 7, 9, 11, 15, 18, 19, 20),
                         version_name);

TEST_P(Section5Handshake, TheClientsVersionIsSpoken) {
  EXPECT_EQ(client->version(), version());
  EXPECT_TRUE(client->ping());
  EXPECT_EQ(client->connection().encrypts_blocks(), version() >= smp::kVersionBlockEncryption);
  EXPECT_EQ(metric(server, "smp_sessions_total{version=\"" + std::to_string(version()) + "\"}"), 1);
}

TEST_P(Section5Handshake, AnotherFingerprintIsClosed) {
  expect_refused([](smp::ClientHello& hello) { hello.fingerprint[0] ^= 1U; }, "identity_mismatch");
}

TEST_P(Section5Handshake, AVersionOutOfRangeIsClosed) {
  for (const smp::Version out : {smp::Version{5}, smp::Version{21}, smp::Version{0xffff}}) {
    RawSession session(server);
    auto hello = session.client_hello(version());
    hello.version = out;
    session.hello(smp::encode(hello), version());
    EXPECT_TRUE(session.connection().expect_closed()) << out;
  }
  EXPECT_TRUE(reaches(server, R"(smp_connections_closed_total{reason="version_mismatch"})", 3));
}

TEST_P(Section5Handshake, AHelloThatDoesNotParseIsClosed) {
  RawSession session(server);
  const auto hello = smp::encode(session.client_hello(version()));
  for (const auto size : {std::size_t{0}, std::size_t{1}, std::size_t{20}}) {
    RawSession cut(server);
    cut.hello(ByteView(hello).first(size), version());
    EXPECT_TRUE(cut.connection().expect_closed()) << size;
  }
  RawSession noise(server);
  noise.send_block(Bytes(smp::kBlockSize, 0xff));
  EXPECT_TRUE(noise.connection().expect_closed());
  EXPECT_TRUE(reaches(server, R"(smp_connections_closed_total{reason="handshake_parse"})", 4));
}

TEST_P(Section5Handshake, TrailingBytesAreIgnored) {
  RawSession session(server);
  auto content = smp::encode(session.client_hello(version()));
  append(content, as_bytes("from a later version"));
  session.hello(content, version());
  session.send({session.transmission(nullptr, "1", {}, as_bytes("PING"))});
  EXPECT_EQ(session.read_answers().front().text, "PONG");
}

TEST_P(Section5Handshake, ServerHelloBindsTheTlsSession) {
  RawSession session(server);
  const auto& hello = session.server_hello();
  EXPECT_EQ(hello.versions, smp::VersionRange{});
  EXPECT_EQ(hello.session_id, session.session_id());
  EXPECT_EQ(hello.session_id.size(), smp::kSessionIdSize);
  const auto chain = session.connection().peer_chain();
  EXPECT_EQ(hello.certificate_chain, chain);
  const auto key = crypto::open_signed_key(hello.signed_key, must(crypto::certificate_key(chain.front())));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->kind(), KeyKind::x25519);
  EXPECT_NE(RawSession(server).server_hello().signed_key, hello.signed_key) << "a new key for every connection";
}

TEST_P(Section5Handshake, WithoutASessionKeyBlocksAreNotEncrypted) {
  auto options = server.options(version());
  options.send_session_key = false;
  SyncClient plain;
  must(plain.connect(options));
  EXPECT_FALSE(plain.connection().encrypts_blocks());
  // An X25519 queue key does not need the client's session key.
  const auto kind = version() < smp::kVersionAuthenticators ? KeyKind::ed25519 : KeyKind::x25519;
  const auto queue = must(plain.create_queue({.key_kind = kind}));
  EXPECT_TRUE(plain.send(queue, "hello"));
  EXPECT_EQ(must(plain.next_message(queue)).text(), "hello");
}

class Section5ProxyFlag : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section5ProxyFlag, testing::Values<smp::Version>(15, 18, 20), version_name);

TEST_P(Section5ProxyFlag, SwitchesBlockEncryptionOff) {
  auto options = server.options(version());
  options.proxy_server = true;
  SyncClient proxy;
  must(proxy.connect(options));
  EXPECT_FALSE(proxy.connection().encrypts_blocks());
  EXPECT_TRUE(proxy.ping());
}

TEST(Section5Versions, AreAsConfigured) {
  InProcessServer server({"--ephemeral", "--versions=7-15"});
  const auto client = server.connect(20);
  EXPECT_EQ(client->version(), 15);
  EXPECT_EQ(client->connection().server_versions(), (smp::VersionRange{7, 15}));

  RawSession old(server);
  old.hello(6);
  EXPECT_TRUE(old.connection().expect_closed());
  auto options = server.options();
  options.alpn = transport::Alpn::none;
  EXPECT_FALSE(SyncClient().connect(options).ok()) << "there is no version for a legacy client";
  EXPECT_TRUE(reaches(server, R"(smp_connections_closed_total{reason="version_mismatch"})", 2));
}

}  // namespace
}  // namespace sotto::test
