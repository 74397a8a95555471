#include <gtest/gtest.h>

#include "libs/crypto/certificate.hpp"
#include "libs/crypto/random.hpp"
#include "tests/support/vectors/vectors.hpp"

namespace sotto::crypto {
namespace {

using tests::hex_field;

class SignedKey : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialise(); }

  const nlohmann::json vectors = tests::load_vectors("crypto.json");
};

TEST_F(SignedKey, OfTheVectorOpensAndIsMadeAgain) {
  const auto& vector = vectors.at("signed_session_key");
  const Bytes with_length = hex_field(vector, "signed_key_s16");
  const ByteView signed_key = ByteView(with_length).subspan(2);
  ASSERT_EQ(signed_key.size(), with_length[0] * 256U + with_length[1]);
  const auto signer = PublicKey::from_der(hex_field(vector, "signer_public")).value();
  const auto session = PublicKey::from_der(hex_field(vector, "session_public")).value();

  const auto opened = open_signed_key(signed_key, signer);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(*opened, session);

  // The signer is the key of the Ed25519 vector, so its signature can be made again.
  const auto signer_private = PrivateKey::from_der(hex_field(vectors.at("ed25519"), "private")).value();
  ASSERT_EQ(signer_private.public_key(), signer);
  EXPECT_EQ(to_hex(make_signed_key(session, signer_private)), to_hex(signed_key));
}

TEST_F(SignedKey, EveryPairOfKindsComesBack) {
  for (const auto signer_kind : {KeyKind::ed25519, KeyKind::ed448}) {
    const auto signer = PrivateKey::generate(signer_kind);
    for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
      const auto key = PrivateKey::generate(kind).public_key();
      const auto opened = open_signed_key(make_signed_key(key, signer), signer.public_key());
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      EXPECT_EQ(*opened, key);
    }
  }
}

TEST_F(SignedKey, EveryChangedBitIsRefused) {
  for (const auto signer_kind : {KeyKind::ed25519, KeyKind::ed448}) {
    const auto signer = PrivateKey::generate(signer_kind);
    const Bytes good = make_signed_key(PrivateKey::generate(KeyKind::x25519).public_key(), signer);
    for (std::size_t i = 0; i < good.size() * 8; ++i) {
      Bytes changed = good;
      changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1U << (i % 8)));
      EXPECT_FALSE(open_signed_key(changed, signer.public_key()).ok()) << i;
    }
  }
}

TEST_F(SignedKey, EveryOtherLengthIsUnparsable) {
  const auto signer = PrivateKey::generate(KeyKind::ed448);
  Bytes good = make_signed_key(PrivateKey::generate(KeyKind::x25519).public_key(), signer);
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto opened = open_signed_key(ByteView(good).first(size), signer.public_key());
    ASSERT_FALSE(opened.ok()) << size;
    EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument) << size;
  }
  good.push_back(0);
  EXPECT_FALSE(open_signed_key(good, signer.public_key()).ok());
}

TEST_F(SignedKey, AnotherSignerIsUnauthenticated) {
  const auto key = PrivateKey::generate(KeyKind::x25519).public_key();
  const Bytes good = make_signed_key(key, PrivateKey::generate(KeyKind::ed25519));
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    const auto opened = open_signed_key(good, PrivateKey::generate(kind).public_key());
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::unauthenticated);
  }
}

}  // namespace
}  // namespace sotto::crypto
