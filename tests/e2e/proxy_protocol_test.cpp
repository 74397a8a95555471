// The PROXY protocol, version 2: balancers say where clients come from, and nobody else does.
#include <string>

#include "tests/e2e/e2e_test.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

const std::string kTrusted = "--proxy-protocol-networks=127.0.0.0/8";
const std::string kOthersTrusted = "--proxy-protocol-networks=10.0.0.0/8,2001:db8::/32";
const std::string kPassword = "SOTTO_PASSWORD=correct-horse";

// Failures that limit a source (backend::AttemptLimits).
constexpr int kBurst = 10;

Bytes header(std::uint8_t command, std::uint8_t family, const Bytes& rest) {
  Bytes out{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, command, family, 0};
  out.push_back(static_cast<std::uint8_t>(rest.size()));
  append(out, rest);
  return out;
}

// Of a client at 192.0.2.`last`.
Bytes proxied(std::uint8_t last) {
  return header(0x21, 0x11, {192, 0, 2, last, 198, 51, 100, 1, 0x30, 0x39, 0x14, 0x67});
}

Bytes local() {
  return header(0x20, 0x00, {});
}

std::string closed(const std::string& reason) {
  return "smp_connections_closed_total{reason=\"" + reason + "\"}";
}

Result<std::unique_ptr<SyncClient>> connect(const InProcessServer& server, Bytes preface) {
  auto options = server.options();
  options.preface = std::move(preface);
  auto client = std::make_unique<SyncClient>();
  if (auto status = client->connect(options); !status) return status.error();
  return client;
}

std::string guess(SyncClient& client, const std::string& password) {
  const auto created = client.create_queue({.password = SecretString(password)});
  return created ? "created" : created.error().message;
}

TEST(ProxyProtocol, NamesTheClientForLimits) {
  InProcessServer server({"--ephemeral", kTrusted}, {kPassword});
  const auto guesser = must(connect(server, proxied(7)));
  for (int i = 0; i < kBurst; ++i) EXPECT_EQ(guess(*guesser, "guess-" + std::to_string(i)), "AUTH");
  const auto neighbour = must(connect(server, proxied(7)));
  EXPECT_EQ(guess(*neighbour, "correct-horse"), "AUTH") << "the same address, whichever connection";
  EXPECT_EQ(metric(server, R"(smp_new_queue_decisions_total{decision="too_many_attempts"})"), 1);
  const auto other = must(connect(server, proxied(8)));
  EXPECT_EQ(guess(*other, "correct-horse"), "created") << "all come through the same balancer";
}

TEST(ProxyProtocol, MayComeInPieces) {
  InProcessServer server({"--ephemeral", kTrusted});
  auto rest = Bytes{192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x14, 0x67};
  rest.insert(rest.end(), 200, 0x04);  // what a balancer adds to it
  const auto bytes = header(0x21, 0x11, rest);
  ASSERT_LT(rest.size(), 256U);
  client::RawConnection slow;
  must(slow.connect("127.0.0.1", server.port()));
  std::size_t sent = 0;
  for (const std::size_t end : std::initializer_list<std::size_t>{1, 15, 16, 116, bytes.size()}) {
    must(slow.write(ByteView(bytes).subspan(sent, end - sent)));
    sent = end;
    EXPECT_TRUE(reaches(server, "smp_handshakes", 1));
  }
  const auto tls = must(transport::TlsContext::client({.alpn = transport::Alpn::smp, .credentials = {}}));
  must(slow.start_tls(tls->native()));
  EXPECT_TRUE(slow.read_block());
}

TEST(ProxyProtocol, LetsTheBalancerSpeakForItself) {
  InProcessServer server({"--ephemeral", kTrusted});
  EXPECT_TRUE(must(connect(server, local()))->ping());
  {
    client::RawConnection check;
    must(check.connect("127.0.0.1", server.port()));
    must(check.write(local()));
    EXPECT_TRUE(reaches(server, "smp_handshakes", 1));
  }
  {
    client::RawConnection check;  // without a byte
    must(check.connect("127.0.0.1", server.port()));
    EXPECT_TRUE(reaches(server, "smp_handshakes", 1));
  }
  EXPECT_TRUE(reaches(server, closed("peer_closed"), 3));
  EXPECT_EQ(metric(server, closed("bad_proxy_header")), 0);
  EXPECT_EQ(metric(server, closed("tls_handshake_failed")), 0);
  EXPECT_TRUE(reaches(server, "smp_connections", 0));
}

TEST(ProxyProtocol, IsRequiredOfTrustedNetworks) {
  InProcessServer server({"--ephemeral", kTrusted});
  EXPECT_FALSE(connect(server, {}).ok()) << "TLS at once";
  EXPECT_TRUE(reaches(server, closed("bad_proxy_header"), 1));
  EXPECT_FALSE(connect(server, header(0x21, 0x12, Bytes(12, 1))).ok()) << "a datagram";
  EXPECT_FALSE(connect(server, header(0x21, 0x11, Bytes(4, 1))).ok()) << "half an address";
  EXPECT_FALSE(connect(server, to_bytes(as_bytes("PROXY TCP4 192.0.2.7 198.51.100.1 12345 5223\r\n"))).ok())
      << "version 1";
  EXPECT_TRUE(reaches(server, closed("bad_proxy_header"), 4));
  {
    client::RawConnection breaks_off;
    must(breaks_off.connect("127.0.0.1", server.port()));
    must(breaks_off.write(ByteView(proxied(7)).first(10)));
    EXPECT_TRUE(reaches(server, "smp_handshakes", 1));
  }
  EXPECT_TRUE(reaches(server, closed("bad_proxy_header"), 5));
  EXPECT_TRUE(reaches(server, "smp_connections", 0));
  EXPECT_TRUE(must(connect(server, proxied(7)))->ping()) << "others go on";
}

TEST(ProxyProtocol, IsNotWaitedForForEver) {
  InProcessServer server({"--ephemeral", kTrusted, "--tls-handshake-timeout=1s"});
  client::RawConnection silent;
  must(silent.connect("127.0.0.1", server.port()));
  EXPECT_TRUE(silent.expect_closed());
  EXPECT_EQ(metric(server, closed("bad_proxy_header")), 1);
  EXPECT_TRUE(reaches(server, "smp_handshakes", 0));
}

TEST(ProxyProtocol, IsNotBelievedFromElsewhere) {
  InProcessServer server({"--ephemeral", kOthersTrusted});
  EXPECT_FALSE(connect(server, proxied(7)).ok());
  EXPECT_TRUE(reaches(server, closed("tls_handshake_failed"), 1));
  EXPECT_TRUE(server.connect()->ping()) << "who comes without a balancer needs no header";
}

TEST(ProxyProtocol, IsOffUnlessSet) {
  InProcessServer server({"--ephemeral"});
  EXPECT_FALSE(connect(server, proxied(7)).ok());
  EXPECT_TRUE(reaches(server, closed("tls_handshake_failed"), 1));
}

TEST(ProxyProtocol, WaitsForNobodyWhenTheServerStops) {
  InProcessServer server({kTrusted});
  client::RawConnection silent;
  must(silent.connect("127.0.0.1", server.port()));
  EXPECT_TRUE(reaches(server, "smp_handshakes", 1));
  server.restart();
  EXPECT_TRUE(silent.expect_closed());
  EXPECT_TRUE(must(connect(server, proxied(7)))->ping());
}

}  // namespace
}  // namespace sotto::test
