#include "libs/crypto/keys.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "tests/support/vectors/vectors.hpp"

namespace sotto::crypto {
namespace {

using tests::hex_field;

constexpr std::array kAllKinds{KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519};
constexpr std::array kSigningKinds{KeyKind::ed25519, KeyKind::ed448};

class Keys : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialise(); }

  static PublicKey public_key(const nlohmann::json& object, const char* field) {
    return PublicKey::from_der(hex_field(object, field)).value();
  }
  static PrivateKey private_key(const nlohmann::json& object, const char* field) {
    return PrivateKey::from_der(hex_field(object, field)).value();
  }

  const nlohmann::json vectors = tests::load_vectors("crypto.json");
};

TEST_F(Keys, SizesOfTheKinds) {
  EXPECT_EQ(raw_key_size(KeyKind::ed25519), 32U);
  EXPECT_EQ(raw_key_size(KeyKind::ed448), 57U);
  EXPECT_EQ(raw_key_size(KeyKind::x25519), 32U);
  EXPECT_EQ(signature_size(KeyKind::ed25519), 64U);
  EXPECT_EQ(signature_size(KeyKind::ed448), 114U);
  EXPECT_EQ(signature_size(KeyKind::x25519), 0U);
}

TEST_F(Keys, DerOfTheVectorsComesBackAndThePublicKeyIsDerived) {
  const struct {
    const char* object;
    const char* private_field;
    const char* public_field;
    KeyKind kind;
  } pairs[] = {{"x25519", "a_private", "a_public", KeyKind::x25519},
               {"x25519", "b_private", "b_public", KeyKind::x25519},
               {"ed25519", "private", "public", KeyKind::ed25519},
               {"ed448", "private", "public", KeyKind::ed448},
               {"authenticator", "queue_private", "queue_public", KeyKind::x25519},
               {"authenticator", "session_private", "session_public", KeyKind::x25519}};
  for (const auto& pair : pairs) {
    const auto& object = vectors.at(pair.object);
    const PrivateKey key = private_key(object, pair.private_field);
    EXPECT_EQ(key.kind(), pair.kind);
    EXPECT_EQ(key.public_key(), public_key(object, pair.public_field));
    EXPECT_EQ(key.public_key().kind(), pair.kind);
    EXPECT_EQ(key.public_key().der(), hex_field(object, pair.public_field));
    EXPECT_EQ(key.der(), hex_field(object, pair.private_field));
  }
}

TEST_F(Keys, GeneratedKeysComeBackFromDerAndRaw) {
  for (const auto kind : kAllKinds) {
    const PrivateKey key = PrivateKey::generate(kind);
    EXPECT_NE(key.public_key(), PrivateKey::generate(kind).public_key());
    EXPECT_EQ(PrivateKey::from_der(key.der())->public_key(), key.public_key());
    EXPECT_EQ(PublicKey::from_der(key.public_key().der()).value(), key.public_key());
    EXPECT_EQ(PublicKey::from_raw(kind, key.public_key().raw()).value(), key.public_key());
    EXPECT_EQ(key.expose().size(), raw_key_size(kind));
  }
}

TEST_F(Keys, KindsWithTheSameBytesDiffer) {
  const Bytes raw(32, 9);
  EXPECT_NE(PublicKey::from_raw(KeyKind::ed25519, raw).value(), PublicKey::from_raw(KeyKind::x25519, raw).value());
}

TEST_F(Keys, RawKeysOfAnotherSizeAreRefused) {
  for (const auto kind : kAllKinds) {
    for (std::size_t size = 0; size < 70; ++size) {
      EXPECT_EQ(PublicKey::from_raw(kind, Bytes(size)).ok(), size == raw_key_size(kind)) << size;
    }
  }
}

TEST_F(Keys, TruncatedOrLongerDerIsRefused) {
  for (const auto kind : kAllKinds) {
    const PrivateKey key = PrivateKey::generate(kind);
    Bytes spki = key.public_key().der();
    Bytes pkcs8 = key.der();
    for (std::size_t size = 0; size < spki.size(); ++size) {
      EXPECT_FALSE(PublicKey::from_der(ByteView(spki).first(size)).ok()) << size;
    }
    for (std::size_t size = 0; size < pkcs8.size(); ++size) {
      EXPECT_FALSE(PrivateKey::from_der(ByteView(pkcs8).first(size)).ok()) << size;
    }
    spki.push_back(0);
    pkcs8.push_back(0);
    EXPECT_FALSE(PublicKey::from_der(spki).ok());
    EXPECT_FALSE(PrivateKey::from_der(pkcs8).ok());
  }
}

TEST_F(Keys, AChangedHeadOfTheDerIsRefusedOrAnotherKind) {
  for (const auto kind : kAllKinds) {
    const PrivateKey key = PrivateKey::generate(kind);
    const auto refuses_changes = [kind](const Bytes& der, auto from_der) {
      for (std::size_t i = 0; i < der.size() - raw_key_size(kind); ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
          Bytes changed = der;
          changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1U << bit));
          const auto parsed = from_der(changed);
          EXPECT_TRUE(!parsed.ok() || parsed->kind() != kind) << i;
        }
      }
    };
    refuses_changes(key.public_key().der(), [](ByteView der) { return PublicKey::from_der(der); });
    refuses_changes(key.der(), [](ByteView der) { return PrivateKey::from_der(der); });
  }
}

TEST_F(Keys, X25519IsNotMistakenForX448) {
  Bytes der = PrivateKey::generate(KeyKind::x25519).public_key().der();
  der[8] = 0x6f;  // id-X448
  const auto parsed = PublicKey::from_der(der);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
}

TEST_F(Keys, SignaturesOfTheVectors) {
  for (const auto* kind : {"ed25519", "ed448"}) {
    const auto& vector = vectors.at(kind);
    const Bytes message = hex_field(vector, "signed");
    const Bytes signature = hex_field(vector, "signature");
    EXPECT_EQ(sign(private_key(vector, "private"), message), signature) << kind;
    EXPECT_TRUE(verify(public_key(vector, "public"), message, signature)) << kind;
  }
}

TEST_F(Keys, TamperedSignaturesAndMessagesAreRefused) {
  for (const auto kind : kSigningKinds) {
    const PrivateKey key = PrivateKey::generate(kind);
    const Bytes message = to_bytes(as_bytes("what is signed"));
    const Bytes signature = sign(key, message);
    ASSERT_TRUE(verify(key.public_key(), message, signature));
    for (std::size_t i = 0; i < signature.size(); ++i) {
      Bytes changed = signature;
      changed[i] ^= 0x10U;
      EXPECT_FALSE(verify(key.public_key(), message, changed)) << i;
    }
    for (std::size_t i = 0; i < message.size(); ++i) {
      Bytes changed = message;
      changed[i] ^= 1U;
      EXPECT_FALSE(verify(key.public_key(), changed, signature)) << i;
    }
    EXPECT_FALSE(verify(PrivateKey::generate(kind).public_key(), message, signature));
    EXPECT_FALSE(verify(key.public_key(), {}, signature));
  }
}

TEST_F(Keys, SignaturesOfAnotherSizeAreRefused) {
  for (const auto kind : kSigningKinds) {
    const PrivateKey key = PrivateKey::generate(kind);
    Bytes signature = sign(key, {});
    ASSERT_TRUE(verify(key.public_key(), {}, signature));
    for (std::size_t size = 0; size < signature.size(); ++size) {
      EXPECT_FALSE(verify(key.public_key(), {}, ByteView(signature).first(size))) << size;
    }
    signature.push_back(0);
    EXPECT_FALSE(verify(key.public_key(), {}, signature));
  }
}

// The libraries give up early on these; verify() then works on a decoy, whose own signature is right for an empty
// message: the answer must be no all the same.
TEST_F(Keys, MalformedKeysAndSignaturesAreRefusedForTheMessageOfTheDecoyToo) {
  for (const auto kind : kSigningKinds) {
    const Bytes not_reduced(signature_size(kind), 0xff);
    for (const std::uint8_t fill : std::array<std::uint8_t, 4>{0x00, 0x01, 0x7f, 0xff}) {
      const auto odd_key = PublicKey::from_raw(kind, Bytes(raw_key_size(kind), fill)).value();
      EXPECT_FALSE(verify(odd_key, {}, not_reduced));
      EXPECT_FALSE(verify(PrivateKey::generate(kind).public_key(), {}, Bytes(signature_size(kind), fill)));
    }
  }
}

TEST_F(Keys, AnX25519KeyVerifiesNothing) {
  const PublicKey key = PrivateKey::generate(KeyKind::x25519).public_key();
  for (const std::size_t size : {0U, 64U, 80U, 114U}) EXPECT_FALSE(verify(key, {}, Bytes(size)));
}

TEST_F(Keys, DhOfTheVector) {
  const auto& vector = vectors.at("x25519");
  const RawKey expected(hex_field(vector, "dh_secret_raw"));
  EXPECT_TRUE(dh(public_key(vector, "a_public"), private_key(vector, "b_private")) == expected);
  EXPECT_TRUE(dh(public_key(vector, "b_public"), private_key(vector, "a_private")) == expected);
}

TEST_F(Keys, DhNeedsX25519OnBothSides) {
  const PrivateKey x25519 = PrivateKey::generate(KeyKind::x25519);
  const PrivateKey ed25519 = PrivateKey::generate(KeyKind::ed25519);
  EXPECT_FALSE(dh(x25519.public_key(), ed25519));
  EXPECT_FALSE(dh(ed25519.public_key(), x25519));
}

// All u of small order, as https://cr.yp.to/ecdh.html lists them, reduced and not.
TEST_F(Keys, DhRefusesLowOrderPoints) {
  const PrivateKey ours = PrivateKey::generate(KeyKind::x25519);
  for (const auto* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_FALSE(dh(PublicKey::from_raw(KeyKind::x25519, from_hex(hex).value()).value(), ours)) << hex;
  }
}

class Authenticator : public Keys {
 protected:
  const nlohmann::json& vector = vectors.at("authenticator");
  const BoxKey secret =
      BoxKey::from_raw(dh(public_key(vector, "queue_public"), private_key(vector, "session_private")).value());
  const Bytes corr_id = hex_field(vector, "corr_id");
  const Bytes content = hex_field(vector, "signed");
  const Bytes expected = hex_field(vector, "authenticator");
};

TEST_F(Authenticator, OfTheVectorFromEitherSide) {
  EXPECT_EQ(authenticator(secret, corr_id, content), expected);
  EXPECT_EQ(expected.size(), kAuthenticatorSize);
  const auto client_secret = dh(public_key(vector, "session_public"), private_key(vector, "queue_private"));
  EXPECT_TRUE(verify_authenticator(BoxKey::from_raw(client_secret.value()), corr_id, content, expected));
}

TEST_F(Authenticator, AnyChangeIsRefused) {
  ASSERT_TRUE(verify_authenticator(secret, corr_id, content, expected));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    Bytes changed = expected;
    changed[i] ^= 1U;
    EXPECT_FALSE(verify_authenticator(secret, corr_id, content, changed)) << i;
  }
  for (std::size_t size = 0; size < expected.size(); ++size) {
    EXPECT_FALSE(verify_authenticator(secret, corr_id, content, ByteView(expected).first(size))) << size;
  }
  Bytes longer = expected;
  longer.push_back(0);
  EXPECT_FALSE(verify_authenticator(secret, corr_id, content, longer));
  EXPECT_FALSE(verify_authenticator(secret, corr_id, ByteView(content).first(content.size() - 1), expected));
  EXPECT_FALSE(verify_authenticator(secret, Bytes(24), content, expected));
  EXPECT_FALSE(verify_authenticator(BoxKey{}, corr_id, content, expected));
}

}  // namespace
}  // namespace sotto::crypto
