#include "services/auth/domain/password_hasher.hpp"

#include <gtest/gtest.h>

#include "services/auth/domain/test_keys.hpp"

namespace sotto::auth {
namespace {

TEST(PasswordHasher, RecognisesAGeneratedPassword) {
  const PasswordHasher hasher(test_keys());
  const auto verifier = hasher.make("generated", Strength::generated);
  ASSERT_TRUE(verifier);
  EXPECT_FALSE(verifier->hardened);
  EXPECT_EQ(match(*verifier, hasher.present(as_bytes("generated"))), Match::yes);
  EXPECT_EQ(match(*verifier, hasher.present(as_bytes("generatee"))), Match::no);
}

TEST(PasswordHasher, RecognisesAChosenPasswordAndMostWrongOnesWithoutHardening) {
  const PasswordHasher hasher(test_keys());
  const auto verifier = hasher.make("chosen", Strength::chosen);
  ASSERT_TRUE(verifier);
  ASSERT_TRUE(verifier->hardened);
  const auto right = hasher.present(as_bytes("chosen"));
  EXPECT_EQ(match(*verifier, right), Match::perhaps);
  EXPECT_TRUE(*verify(*verifier, *right.under(1)));
  int perhaps = 0;
  PresentedPassword wrong;
  for (int i = 0; i < 2000; ++i) {
    auto presented = hasher.present(as_bytes(std::to_string(i)));
    ASSERT_NE(match(*verifier, presented), Match::yes);
    if (match(*verifier, presented) == Match::no) continue;
    ++perhaps;
    wrong = std::move(presented);
  }
  EXPECT_GT(perhaps, 0);
  EXPECT_LT(perhaps, 40);  // 8 expected
  EXPECT_FALSE(*verify(*verifier, *wrong.under(1)));
}

TEST(PasswordHasher, TheSamePasswordTwiceIsStoredDifferently) {
  const PasswordHasher hasher(test_keys());
  EXPECT_FALSE(hasher.make("chosen", Strength::chosen)->digest == hasher.make("chosen", Strength::chosen)->digest);
}

TEST(PasswordHasher, IsWorthNothingWithAnotherKey) {
  const auto verifier = PasswordHasher(test_keys()).make("generated", Strength::generated);
  const PasswordHasher other(test_keys());
  EXPECT_EQ(match(*verifier, other.present(as_bytes("generated"))), Match::no);
}

TEST(PasswordHasher, FormerKeysStillRecognise) {
  const auto old_line = crypto::KeyRing::generate_line(1);
  const auto verifier = PasswordHasher(*crypto::KeyRing::parse(old_line)).make("generated", Strength::generated);
  const PasswordHasher rotated(*crypto::KeyRing::parse(crypto::KeyRing::generate_line(2) + "\n" + old_line));
  EXPECT_TRUE(rotated.has_key(*verifier));
  EXPECT_EQ(match(*verifier, rotated.present(as_bytes("generated"))), Match::yes);
  EXPECT_EQ(rotated.make("x", Strength::generated)->key_id, 2);
  const PasswordHasher without(test_keys({2}));
  EXPECT_FALSE(without.has_key(*verifier));
  EXPECT_EQ(match(*verifier, without.present(as_bytes("generated"))), Match::no);
}

}  // namespace
}  // namespace sotto::auth
