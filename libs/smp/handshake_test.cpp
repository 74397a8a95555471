#include "libs/smp/handshake.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

using tests::hex_field;

class Handshake : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  const nlohmann::json vector = tests::load_vectors("server-hello.json");

  static ClientHello client_hello(Version version) {
    ClientHello hello;
    hello.version = version;
    hello.fingerprint = Bytes(32, 5);
    hello.session_key = crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key();
    hello.proxy_server = true;
    hello.service = ClientService{ServiceRole::notifier, {Bytes(300, 1), Bytes(200, 2)}, Bytes(120, 3)};
    return hello;
  }
};

TEST_F(Handshake, CapturedServerHello) {
  const auto content = hex_field(vector, "content");
  const auto hello = parse_server_hello(content);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->versions.min, vector["min_version"].get<Version>());
  EXPECT_EQ(hello->versions.max, vector["max_version"].get<Version>());
  EXPECT_EQ(hello->session_id, hex_field(vector, "session_id"));
  ASSERT_EQ(hello->certificate_chain.size(), vector["certificates_der"].size());
  for (std::size_t i = 0; i < hello->certificate_chain.size(); ++i) {
    EXPECT_EQ(hello->certificate_chain[i], tests::hex_bytes(vector["certificates_der"][i]));
  }
  EXPECT_EQ(hello->signed_key, hex_field(vector, "signed_key"));
  EXPECT_EQ(to_hex(encode(*hello)), to_hex(content));
}

TEST_F(Handshake, ServerHelloOfALegacyServerEndsAfterTheSessionId) {
  const ServerHello hello{{6, 6}, Bytes(32, 1), {Bytes(10, 2)}, Bytes(10, 3)};
  const auto content = encode(hello);
  EXPECT_EQ(content.size(), 4U + 33U);
  const auto again = parse_server_hello(content);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->certificate_chain.empty());
  EXPECT_TRUE(again->signed_key.empty());
}

TEST_F(Handshake, ServerHelloRefusals) {
  EXPECT_FALSE(parse_server_hello({}));
  EXPECT_FALSE(parse_server_hello(encode(ServerHello{{9, 8}, Bytes(32), {Bytes(1)}, Bytes(1)}))) << "empty range";
  auto trailing = hex_field(vector, "content");
  trailing.push_back('x');
  EXPECT_TRUE(parse_server_hello(trailing)) << "later fields are ignored";
}

TEST_F(Handshake, DamagedServerHello) {
  const auto content = hex_field(vector, "content");
  std::size_t accepted = 0;
  test::for_each_damaged(content, [&](ByteView damaged) {
    const auto hello = parse_server_hello(damaged);
    if (!hello || !parse_server_hello(encode(*hello))) return;
    ++accepted;
  });
  EXPECT_GT(accepted, 0U) << "damage inside a certificate is not seen here";
}

TEST_F(Handshake, ClientHelloOfEveryVersion) {
  for (Version version = kMinVersion; version <= kMaxVersion; ++version) {
    const auto hello = client_hello(version);
    const auto content = encode(hello);
    const auto again = parse_client_hello(content);
    ASSERT_TRUE(again) << version;
    EXPECT_EQ(again->version, version);
    EXPECT_EQ(again->fingerprint, hello.fingerprint);
    EXPECT_EQ(again->session_key.has_value(), version >= 7);
    EXPECT_EQ(again->proxy_server, version >= 14);
    EXPECT_EQ(again->service.has_value(), version >= 16);
    EXPECT_EQ(encode(*again), content);
    if (!again->service) continue;
    EXPECT_EQ(again->service->role, ServiceRole::notifier);
    EXPECT_EQ(again->service->certificate_chain, hello.service->certificate_chain);
    EXPECT_EQ(again->service->signed_key, hello.service->signed_key);
  }
}

TEST_F(Handshake, ClientHelloWithoutKey) {
  for (const Version version : std::initializer_list<Version>{7, 13, 14, 16, 20}) {
    auto hello = client_hello(version);
    hello.session_key.reset();
    hello.service.reset();
    const auto again = parse_client_hello(encode(hello));
    ASSERT_TRUE(again) << version;
    EXPECT_FALSE(again->session_key);
    EXPECT_EQ(again->proxy_server, version >= 14);
  }
}

TEST_F(Handshake, ClientHelloBytesOverAreIgnored) {
  for (const Version version : std::initializer_list<Version>{6, 7, 14, 20}) {
    auto content = encode(client_hello(version));
    append(content, as_bytes("of a later version"));
    EXPECT_TRUE(parse_client_hello(content)) << version;
  }
}

TEST_F(Handshake, ClientHelloRefusals) {
  const auto content = encode(client_hello(20));
  EXPECT_FALSE(parse_client_hello({}));
  EXPECT_FALSE(parse_client_hello(ByteView(content).first(10)));
  auto role = client_hello(16);
  role.service->role = static_cast<ServiceRole>('X');
  EXPECT_FALSE(parse_client_hello(encode(role)));
  auto chain = client_hello(16);
  chain.service->certificate_chain.clear();
  EXPECT_FALSE(parse_client_hello(encode(chain)));
  auto key = client_hello(16);
  key.session_key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519).public_key();
  EXPECT_FALSE(parse_client_hello(encode(key))) << "a session key is X25519";
}

TEST_F(Handshake, DamagedClientHello) {
  for (const Version version : std::initializer_list<Version>{6, 7, 14, 16, 20}) {
    test::for_each_damaged(encode(client_hello(version)), [&](ByteView damaged) {
      const auto hello = parse_client_hello(damaged);
      if (hello) {
        EXPECT_TRUE(parse_client_hello(encode(*hello)));
      }
    });
  }
}

TEST_F(Handshake, ServiceReplies) {
  const auto id = crypto::random_id<ServiceId>();
  const auto content = encode(ServiceReply(id));
  EXPECT_EQ(content.size(), 1U + 1U + kIdSize);
  EXPECT_EQ(content[0], 'R');
  EXPECT_EQ(std::get<ServiceId>(parse_service_reply(content).value()), id);

  const auto error = encode(ServiceReply(TransportError{TransportErrorKind::handshake_bad_service}));
  EXPECT_EQ(as_text(error), "EHANDSHAKE BAD_SERVICE");
  EXPECT_EQ(std::get<TransportError>(parse_service_reply(error).value()).kind,
            TransportErrorKind::handshake_bad_service);

  for (const auto* text : {"", "R", "R\002ab", "E", "ENOPE", "X"})
    EXPECT_FALSE(parse_service_reply(as_bytes(text))) << text;
}

TEST_F(Handshake, DamagedServiceReplies) {
  for (const auto& reply :
       {ServiceReply(crypto::random_id<ServiceId>()), ServiceReply(TransportError{TransportErrorKind::version})}) {
    const auto content = encode(reply);
    std::size_t damaged_texts = 0;
    test::for_each_damaged(content, [&](ByteView damaged) {
      ++damaged_texts;
      if (damaged.size() < content.size()) {
        EXPECT_FALSE(parse_service_reply(damaged));
      } else if (const auto other = parse_service_reply(damaged)) {
        EXPECT_TRUE(equal(encode(*other), damaged));
      }
    });
    EXPECT_EQ(damaged_texts, content.size() * 5);
  }
}

}  // namespace
}  // namespace sotto::smp
