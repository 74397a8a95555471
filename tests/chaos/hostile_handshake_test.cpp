// Before a session is there: bytes that are not TLS, TLS that is changed or breaks off, clients that stall, and first
// blocks that are no hello. Every such connection is closed, for a reason that the metrics name.
#include "tests/chaos/hostile_test.hpp"
#include "tests/chaos/record_tls.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

class HostileHandshake : public HostileTest {
 protected:
  // A block with this content as the client's hello.
  void say_hello(ByteView content) {
    const auto client = tls();
    client->send_content(content);
    EXPECT_TRUE(client->connection().expect_closed());
  }
};

TEST_F(HostileHandshake, RandomBytesInsteadOfTls) {
  start({"--tls-handshake-timeout=1s"});
  constexpr std::size_t kConnections = 200;
  for (std::size_t i = 0; i < kConnections; ++i) {
    const auto client = connect();
    static_cast<void>(client->write(dice().bytes(dice().between(1, 20'000))));  // it may be closed while we write
    EXPECT_TRUE(client->expect_closed());
  }
  // What looks like the start of TLS is waited for.
  expect_closed_for({"tls_handshake_failed", "tls_handshake_timeout", "peer_closed", "socket_error"}, kConnections);
}

TEST_F(HostileHandshake, OtherProtocols) {
  start();
  for (const std::string_view text : {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n",
                                      "EHLO localhost\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    const auto client = connect();
    must(client->write(as_bytes(text)));
    EXPECT_TRUE(client->expect_closed()) << text;
  }
  expect_closed_for({"tls_handshake_failed"}, 4);
}

TEST_F(HostileHandshake, ChangedClientHellos) {
  start({"--tls-handshake-timeout=1s"});
  constexpr std::size_t kConnections = 300;
  std::vector<std::unique_ptr<client::RawConnection>> clients;
  for (std::size_t i = 0; i < kConnections; ++i) {
    auto hello = RecordTls().flight();
    for (auto changes = dice().between(1, 8); changes > 0; --changes) {
      hello[dice().between(0, hello.size() - 1)] = dice().byte();
    }
    if (dice().one_in(4)) hello.resize(dice().between(1, hello.size()));
    clients.push_back(connect());
    must(clients.back()->write(hello));
  }
  // Refused, or accepted (not every byte matters) and then waited for in vain.
  for (const auto& client : clients) EXPECT_TRUE(client->expect_closed());
  expect_closed_for({"tls_handshake_failed", "tls_handshake_timeout"}, kConnections);
}

TEST_F(HostileHandshake, ChangedRecords) {
  start();
  constexpr std::size_t kConnections = 50;
  for (std::size_t i = 0; i < kConnections; ++i) {
    const auto client = connect();
    RecordTls tls;
    tls.handshake(*client);
    auto record = tls.record(dice().bytes(dice().between(1, smp::kBlockSize)));
    // Not in the length, which would only make the server wait for more.
    record[dice().between(5, record.size() - 1)] ^= static_cast<std::uint8_t>(dice().between(1, 255));
    must(client->write(record));
    EXPECT_TRUE(client->expect_closed());
  }
  expect_closed_for({"tls_broken"}, kConnections);
}

TEST_F(HostileHandshake, StalledInTls) {
  start({"--tls-handshake-timeout=1s"});
  std::vector<std::unique_ptr<client::RawConnection>> clients;
  for (int i = 0; i < 60; ++i) {
    clients.push_back(connect());
    auto hello = RecordTls().flight();
    if (i % 3 == 1) hello.resize(dice().between(1, hello.size() - 1));
    if (i % 3 != 0) must(clients.back()->write(hello));  // else nothing at all
  }
  EXPECT_TRUE(neighbour().works());
  for (const auto& client : clients) EXPECT_TRUE(client->expect_closed());
  expect_closed_for({"tls_handshake_timeout"}, 60);
}

TEST_F(HostileHandshake, StalledBeforeTheHello) {
  start({"--smp-handshake-timeout=1s"});
  std::vector<std::unique_ptr<RawSession>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(tls());
    if (i % 2 == 1) clients.back()->send_block(dice().bytes(dice().between(1, smp::kBlockSize - 1)));
  }
  EXPECT_TRUE(neighbour().works());
  for (const auto& client : clients) EXPECT_TRUE(client->connection().expect_closed());
  expect_closed_for({"smp_handshake_timeout"}, 20);
}

TEST_F(HostileHandshake, RandomBlocksInsteadOfTheHello) {
  start();
  constexpr std::size_t kConnections = 50;
  for (std::size_t i = 0; i < kConnections; ++i) {
    const auto client = tls();
    client->send_block(dice().bytes(smp::kBlockSize));
    EXPECT_TRUE(client->connection().expect_closed());
  }
  // By chance a length may be possible, and some identity be read.
  expect_closed_for({"handshake_parse", "identity_mismatch"}, kConnections);
}

TEST_F(HostileHandshake, HellosThatDoNotParse) {
  start();
  const auto hello = smp::encode(tls()->client_hello(20));
  std::size_t count = 0;
  const auto refused = [&](Bytes content) {
    say_hello(content);
    ++count;
  };
  refused({});
  for (int i = 0; i < 10; ++i)
    refused(Bytes(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(dice().between(1, hello.size() - 1))));
  // Lengths that lie: of the fingerprint, of the key, of the list and of what stands in it.
  for (const std::size_t at : {std::size_t{2}, std::size_t{35}}) {
    for (const int length : {0, 1, 255}) {
      auto changed = hello;
      changed[at] = static_cast<std::uint8_t>(length);
      refused(changed);
    }
  }
  auto service = hello;
  service.pop_back();  // no service
  append(service, as_bytes("1M"));
  refused(service);
  for (const std::string_view rest : {"ff", "01ffff", "0100056365727473", "00ffff", "ff000178"}) {
    auto changed = service;
    append(changed, must(from_hex(rest)));
    refused(changed);
  }
  expect_closed_for({"handshake_parse", "identity_mismatch"}, count);
  EXPECT_GE(closed_because("handshake_parse"), static_cast<double>(count - 3));  // three lengths of the fingerprint
}

TEST_F(HostileHandshake, HellosOfAnotherIdentityOrVersion) {
  start({"--versions=7-19"});
  auto hello = tls()->client_hello(19);
  hello.fingerprint = dice().bytes(32);
  say_hello(smp::encode(hello));
  hello.fingerprint = dice().bytes(255);
  say_hello(smp::encode(hello));
  expect_closed_for({"identity_mismatch"}, 2);
  for (const int version : {0, 6, 20, 65'535}) {
    hello = tls()->client_hello(19);
    hello.version = static_cast<smp::Version>(version);
    say_hello(smp::encode(hello));
  }
  expect_closed_for({"version_mismatch"}, 4);
}

// The refusal is said, and the connection does not wait for a client that will not read it.
TEST_F(HostileHandshake, AServiceWhoseCertificateIsNotThatOfTls) {
  start();
  const auto client = tls();
  auto hello = client->client_hello(20);
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
  hello.service = smp::ClientService{
      smp::ServiceRole::messaging,
      {must(crypto::make_self_signed(key, "service", std::chrono::system_clock::now(), std::chrono::hours(1)))},
      crypto::make_signed_key(key.public_key(), key)};
  const auto reply = client->service_hello(hello);
  ASSERT_TRUE(std::holds_alternative<smp::TransportError>(reply));
  EXPECT_EQ(std::get<smp::TransportError>(reply).kind, smp::TransportErrorKind::handshake_bad_service);
  EXPECT_TRUE(client->connection().expect_closed());
  expect_closed_for({"bad_service"}, 1);
}

}  // namespace
}  // namespace sotto::test
