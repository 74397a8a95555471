#include "gateway/session/authorizer.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::gateway {
namespace {

using crypto::KeyKind;
using crypto::PrivateKey;

constexpr std::string_view kCorrId = "123456789012345678901234";
constexpr std::string_view kCommand = "SUB";

class AuthorizerTest : public testing::TestWithParam<KeyKind> {
 protected:
  AuthorizerTest() { crypto::initialise(); }

  // A transmission that `key` authorized.
  smp::Transmission made_with(const PrivateKey& key) {
    Bytes signed_content;
    smp::append_signed_content(session_id_, as_bytes(kCorrId), {}, as_bytes(kCommand), signed_content);
    authorization_ = *smp::authorize(key, session_key_.public_key(), as_bytes(kCorrId), signed_content);
    authorized_.clear();
    authorized_.push_back(static_cast<std::uint8_t>(kCorrId.size()));
    append(authorized_, as_bytes(kCorrId));
    authorized_.push_back(0);
    append(authorized_, as_bytes(kCommand));
    smp::Transmission transmission;
    transmission.authorization = authorization_;
    transmission.corr_id = as_bytes(kCorrId);
    transmission.command = as_bytes(kCommand);
    transmission.authorized = authorized_;
    return transmission;
  }
  std::uint64_t verifications() const {
    std::uint64_t sum = 0;
    for (const auto& counter : counters_.verifications) sum += counter.get();
    return sum;
  }

  GatewayCounters counters_;
  Bytes session_id_ = Bytes(32, 9);
  PrivateKey session_key_ = PrivateKey::generate(KeyKind::x25519);
  Authorizer authorizer_{session_id_, session_key_, 18, counters_};
  Bytes authorization_;
  Bytes authorized_;
};

TEST_P(AuthorizerTest, AcceptsTheKeyAndNoOther) {
  const auto key = PrivateKey::generate(GetParam());
  const auto other = PrivateKey::generate(GetParam());
  const auto transmission = made_with(key);
  for (int again = 0; again < 3; ++again) EXPECT_TRUE(authorizer_.verify(transmission, {&key.public_key(), 1}));
  EXPECT_FALSE(authorizer_.verify(transmission, {&other.public_key(), 1}));
}

TEST_P(AuthorizerTest, AnyOfSeveralKeys) {
  const auto key = PrivateKey::generate(GetParam());
  const std::vector<crypto::PublicKey> keys{PrivateKey::generate(GetParam()).public_key(), key.public_key()};
  EXPECT_TRUE(authorizer_.verify(made_with(key), keys));
}

// Without a queue, with another kind of key and with a wrong key: one verification of the kind that was sent.
TEST_P(AuthorizerTest, RefusalsCostTheSame) {
  const auto key = PrivateKey::generate(GetParam());
  const auto transmission = made_with(key);
  const auto other_kind = PrivateKey::generate(GetParam() == KeyKind::ed25519 ? KeyKind::ed448 : KeyKind::ed25519);
  const auto wrong = PrivateKey::generate(GetParam());
  for (const auto keys : {std::span<const crypto::PublicKey>{}, std::span(&other_kind.public_key(), 1),
                          std::span(&wrong.public_key(), 1)}) {
    const auto before = verifications();
    EXPECT_FALSE(authorizer_.verify(transmission, keys));
    EXPECT_EQ(verifications(), before + 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AuthorizerTest, testing::Values(KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519));

using AuthorizerOnceTest = AuthorizerTest;

TEST_F(AuthorizerOnceTest, NoAuthorizationIsNoneAndCostsNothing) {
  smp::Transmission transmission;
  transmission.corr_id = as_bytes(kCorrId);
  EXPECT_FALSE(authorizer_.verify(transmission, {}));
  EXPECT_EQ(verifications(), 0U);
}

TEST_F(AuthorizerOnceTest, RemembersManyAuthenticatorKeysAndForgetsTheOldest) {
  std::vector<PrivateKey> keys;
  for (int i = 0; i < 40; ++i) {
    keys.push_back(PrivateKey::generate(KeyKind::x25519));
    EXPECT_TRUE(authorizer_.verify(made_with(keys.back()), {&keys.back().public_key(), 1}));
  }
  for (const auto& key : keys) EXPECT_TRUE(authorizer_.verify(made_with(key), {&key.public_key(), 1}));
}

TEST_F(AuthorizerOnceTest, AuthenticatorsNeedVersion7) {
  Authorizer old(session_id_, session_key_, 6, counters_);
  const auto key = PrivateKey::generate(KeyKind::x25519);
  EXPECT_FALSE(old.verify(made_with(key), {&key.public_key(), 1}));
}

}  // namespace
}  // namespace sotto::gateway
