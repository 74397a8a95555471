#include "libs/smp/authorization.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

using tests::hex_field;

class Authorizations : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  const nlohmann::json vectors = tests::load_vectors("crypto.json");
};

TEST_F(Authorizations, KindsAreToldApartBySize) {
  for (std::size_t size = 0; size < 256; ++size) {
    const auto kind = authorization_kind(Bytes(size));
    switch (size) {
      case 0:
        EXPECT_EQ(kind, AuthorizationKind::none);
        break;
      case 64:
        EXPECT_EQ(kind, AuthorizationKind::ed25519);
        break;
      case 80:
        EXPECT_EQ(kind, AuthorizationKind::authenticator);
        break;
      case 114:
        EXPECT_EQ(kind, AuthorizationKind::ed448);
        break;
      default:
        EXPECT_EQ(kind, std::nullopt) << size;
    }
  }
}

TEST_F(Authorizations, SignaturesOfTheVectors) {
  for (const auto* name : {"ed25519", "ed448"}) {
    const auto& v = vectors[name];
    const auto key = crypto::PrivateKey::from_der(hex_field(v, "private")).value();
    const auto made = authorize(key, std::nullopt, {}, hex_field(v, "signed"));
    ASSERT_TRUE(made);
    EXPECT_EQ(to_hex(*made), v["signature"].get<std::string>());
  }
}

TEST_F(Authorizations, AuthenticatorOfTheVectors) {
  const auto& v = vectors["authenticator"];
  const auto key = crypto::PrivateKey::from_der(hex_field(v, "queue_private")).value();
  const auto session = crypto::PublicKey::from_der(hex_field(v, "session_public")).value();
  const auto made = authorize(key, session, hex_field(v, "corr_id"), hex_field(v, "signed"));
  ASSERT_TRUE(made);
  EXPECT_EQ(to_hex(*made), v["authenticator"].get<std::string>());
}

TEST_F(Authorizations, AnX25519KeyNeedsASessionKey) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
  EXPECT_FALSE(authorize(key, std::nullopt, {}, {}));
  const auto low_order = crypto::PublicKey::from_raw(crypto::KeyKind::x25519, Bytes(32, 0)).value();
  EXPECT_FALSE(authorize(key, low_order, {}, {})) << "a key of low order gives no secret";
}

}  // namespace
}  // namespace sotto::smp
