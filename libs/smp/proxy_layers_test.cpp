#include "libs/smp/proxy_layers.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

using tests::hex_field;
using tests::matches_vector;

class ProxyLayers : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const nlohmann::json v = tests::load_vectors("proxy.json");
  const Bytes client_corr_id = hex_field(v, "client_corr_id");
  const Bytes proxy_corr_id = hex_field(v, "proxy_corr_id");
  const crypto::PublicKey client_key = crypto::PublicKey::from_der(hex_field(v, "client_one_time_public")).value();
  const crypto::BoxKey client_secret = secret("client_one_time_private", "relay_session_public");
  const crypto::BoxKey proxy_secret = crypto::BoxKey::from_raw(crypto::RawKey(hex_field(v, "proxy_relay_secret_raw")));

  [[nodiscard]] crypto::BoxKey secret(const char* ours, const char* theirs) const {
    const auto key = crypto::PrivateKey::from_der(hex_field(v, ours)).value();
    return crypto::BoxKey::from_raw(crypto::dh(crypto::PublicKey::from_der(hex_field(v, theirs)).value(), key).value());
  }
};

// The way of a command and its response through both layers, each step as the vectors state it.
TEST_F(ProxyLayers, WholeWayOfTheVectors) {
  const auto client_nonce = crypto::nonce_from(client_corr_id);
  const auto proxy_nonce = crypto::nonce_from(proxy_corr_id);
  const auto inner = hex_field(v, "inner");

  const auto sealed = seal_for_relay(client_secret, client_nonce, inner);
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(matches_vector(*sealed, v["pfwd_encrypted"]));

  const auto plain = encode(Forwarded{client_corr_id, 17, client_key, *sealed});
  EXPECT_TRUE(matches_vector(plain, v["forwarded_plain"]));
  EXPECT_TRUE(matches_vector(crypto::box_seal(proxy_secret, proxy_nonce, plain), v["rfwd_encrypted"]));

  const auto forwarded = parse_forwarded(plain);
  ASSERT_TRUE(forwarded);
  EXPECT_TRUE(equal(forwarded->client_corr_id, client_corr_id));
  EXPECT_EQ(forwarded->version, 17);
  EXPECT_EQ(forwarded->client_key, client_key);
  const auto relay_secret = secret("relay_session_private", "client_one_time_public");
  EXPECT_EQ(open_from_client(relay_secret, client_nonce, forwarded->encrypted_transmission), inner);

  const auto response = hex_field(v, "response_inner");
  const auto sealed_response = seal_for_relay(relay_secret, crypto::reversed(client_nonce), response);
  ASSERT_TRUE(sealed_response);
  EXPECT_TRUE(matches_vector(*sealed_response, v["pres_encrypted"]));
  const auto response_plain = encode(ForwardedResponse{client_corr_id, *sealed_response});
  EXPECT_TRUE(matches_vector(crypto::box_seal(proxy_secret, crypto::reversed(proxy_nonce), response_plain),
                             v["rres_encrypted"]));
  const auto forwarded_response = parse_forwarded_response(response_plain);
  ASSERT_TRUE(forwarded_response);
  EXPECT_TRUE(equal(forwarded_response->client_corr_id, client_corr_id));
  EXPECT_EQ(open_from_client(client_secret, crypto::reversed(client_nonce), forwarded_response->encrypted_response),
            response);
}

TEST_F(ProxyLayers, ContentAtTheEdges) {
  const auto nonce = crypto::nonce_from(client_corr_id);
  for (const std::size_t size : {std::size_t{0}, kProxiedPaddedSize - 2}) {
    const auto sealed = seal_for_relay(client_secret, nonce, Bytes(size, 1));
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->size(), kProxiedPaddedSize + 16);
    EXPECT_EQ(open_from_client(client_secret, nonce, *sealed), Bytes(size, 1));
  }
  EXPECT_FALSE(seal_for_relay(client_secret, nonce, Bytes(kProxiedPaddedSize - 1)));
}

TEST_F(ProxyLayers, WhatDoesNotOpen) {
  const auto nonce = crypto::nonce_from(client_corr_id);
  auto sealed = seal_for_relay(client_secret, nonce, as_bytes("x")).value();
  EXPECT_FALSE(open_from_client(client_secret, crypto::reversed(nonce), sealed));
  EXPECT_FALSE(open_from_client(proxy_secret, nonce, sealed));
  EXPECT_FALSE(open_from_client(client_secret, nonce, {}));
  sealed.back() ^= 1U;
  EXPECT_FALSE(open_from_client(client_secret, nonce, sealed));
  const auto impossible = crypto::box_seal(client_secret, nonce, Bytes{0xff, 0xff, 1});
  EXPECT_FALSE(open_from_client(client_secret, nonce, impossible)) << "a length that is not there";
}

TEST_F(ProxyLayers, DamagedLayers) {
  const auto plain = encode(Forwarded{client_corr_id, 17, client_key, as_bytes("tail")});
  test::for_each_damaged(plain, [](ByteView damaged) {
    if (const auto f = parse_forwarded(damaged)) {
      EXPECT_TRUE(equal(encode(*f), damaged));
    }
  });
  const auto response = encode(ForwardedResponse{client_corr_id, as_bytes("tail")});
  test::for_each_damaged(response, [](ByteView damaged) {
    if (const auto r = parse_forwarded_response(damaged)) {
      EXPECT_TRUE(equal(encode(*r), damaged));
    }
  });
  EXPECT_FALSE(parse_forwarded({}));
  EXPECT_FALSE(parse_forwarded_response({}));
}

}  // namespace
}  // namespace sotto::smp
