#include "libs/crypto/early_rejection.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::crypto {
namespace {

// Little-endian numbers of RFC 8032.
constexpr const char* kEd25519Order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
constexpr const char* kEd448Order =
    "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffffffffffffffffffffffffffffffffffffffffffffffffff3f"
    "00";
constexpr const char* kEd25519Prime = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
constexpr const char* kEd448Prime =
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ff00";

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

// A key pair and a well-formed signature by it, of something else than what anybody verifies.
struct Signed {
  explicit Signed(KeyKind kind) : key(PrivateKey::generate(kind)), signature(sign(key, as_bytes("other"))) {}

  [[nodiscard]] bool with_key(ByteView raw) const {
    return is_rejected_early(PublicKey::from_raw(key.kind(), raw).value(), signature);
  }
  [[nodiscard]] bool with_r(ByteView r) const {
    Bytes changed = to_bytes(r);
    append(changed, ByteView(signature).subspan(signature.size() / 2));
    return is_rejected_early(key.public_key(), changed);
  }
  [[nodiscard]] bool with_s(ByteView s) const {
    Bytes changed = to_bytes(ByteView(signature).first(signature.size() / 2));
    append(changed, s);
    return is_rejected_early(key.public_key(), changed);
  }

  PrivateKey key;
  Bytes signature;
};

class EarlyRejection : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialise(); }

  const Signed ed25519{KeyKind::ed25519};
  const Signed ed448{KeyKind::ed448};
};

// The smallest y above 1 that is a point of the curve, or is none; about half of all are.
std::uint8_t smallest_y(const Signed& pair, bool is_point) {
  Bytes raw(raw_key_size(pair.key.kind()));
  std::uint8_t y = 2;
  for (raw[0] = y; pair.with_key(raw) == is_point; raw[0] = y) ++y;
  return y;
}

Bytes not_a_point(const Signed& pair) {
  Bytes raw(raw_key_size(pair.key.kind()));
  raw[0] = smallest_y(pair, false);
  return raw;
}

TEST_F(EarlyRejection, WrongButWellFormedIsNotRejectedEarly) {
  for (int i = 0; i < 50; ++i) {
    for (const auto kind : {KeyKind::ed25519, KeyKind::ed448}) {
      const Signed pair(kind);
      EXPECT_FALSE(is_rejected_early(pair.key.public_key(), pair.signature));
      EXPECT_FALSE(is_rejected_early(PrivateKey::generate(kind).public_key(), pair.signature));
    }
  }
}

TEST_F(EarlyRejection, SMustBeBelowTheOrder) {
  for (const auto& [pair, order] : {std::pair{&ed25519, kEd25519Order}, std::pair{&ed448, kEd448Order}}) {
    Bytes s = hex(order);
    EXPECT_TRUE(pair->with_s(s));
    s[0] = static_cast<std::uint8_t>(s[0] - 1U);
    EXPECT_FALSE(pair->with_s(s));
  }
}

// y + p stands for the same point as y, but is not its encoding.
TEST_F(EarlyRejection, TheKeyMustBeReduced) {
  for (const auto& [pair, prime] : {std::pair{&ed25519, kEd25519Prime}, std::pair{&ed448, kEd448Prime}}) {
    Bytes raw = hex(prime);
    unsigned carry = smallest_y(*pair, true);
    for (auto& byte : raw) {
      carry += byte;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8U;
    }
    EXPECT_TRUE(pair->with_key(raw));
    EXPECT_TRUE(pair->with_key(hex(prime)));
    EXPECT_TRUE(pair->with_key(Bytes(raw_key_size(pair->key.kind()), 0xff)));
  }
}

TEST_F(EarlyRejection, TheKeyMustBeAPoint) {
  for (const auto* pair : {&ed25519, &ed448}) {
    int points = 0;
    Bytes raw(raw_key_size(pair->key.kind()));
    for (std::uint8_t low = 2; low < 102; ++low) {
      raw[0] = low;
      if (!pair->with_key(raw)) ++points;
    }
    EXPECT_GT(points, 25);
    EXPECT_LT(points, 75);
  }
}

TEST_F(EarlyRejection, OpensslCannotDecodeYOfPlusOrMinusOne) {
  Bytes one(raw_key_size(KeyKind::ed448));
  one[0] = 1;
  Bytes minus_one = hex(kEd448Prime);
  minus_one[0] = static_cast<std::uint8_t>(minus_one[0] - 1U);
  for (const auto& y : {one, minus_one}) {
    EXPECT_TRUE(ed448.with_key(y));
    EXPECT_TRUE(ed448.with_r(y));
  }
}

TEST_F(EarlyRejection, OnlyOpensslDecodesR) {
  EXPECT_FALSE(ed25519.with_r(not_a_point(ed25519)));
  EXPECT_TRUE(ed448.with_r(not_a_point(ed448)));
}

TEST_F(EarlyRejection, SmallOrderOfEd25519) {
  for (const auto* y : {"0000000000000000000000000000000000000000000000000000000000000000",
                        "0100000000000000000000000000000000000000000000000000000000000000",
                        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    Bytes point = hex(y);
    for (int sign = 0; sign < 2; ++sign) {
      EXPECT_TRUE(ed25519.with_key(point)) << y;
      EXPECT_TRUE(ed25519.with_r(point)) << y;
      point.back() ^= 0x80U;
    }
  }
}

}  // namespace
}  // namespace sotto::crypto
