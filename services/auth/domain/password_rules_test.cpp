#include "services/auth/domain/password_rules.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(PasswordRules, CharactersThatAnAddressCanHold) {
  EXPECT_TRUE(check_characters("x"));
  EXPECT_TRUE(check_characters("!\"#$%&'()*+,-.;<=>?[]^_`{|}~"));
  EXPECT_TRUE(check_characters(std::string(255, 'x')));
  EXPECT_FALSE(check_characters(""));
  EXPECT_FALSE(check_characters(std::string(256, 'x')));
  for (const auto* bad : {"a b", "a@b", "a:b", "a/b", "a\tb", "a\x7f", "\xc3\xa4"})
    EXPECT_FALSE(check_characters(bad)) << bad;
}

TEST(PasswordRules, StrengthOfChosenPasswords) {
  for (const auto* strong : {"correct-horse-battery", "K7#pq!Zm2vRx", "drei-affen-im-baum", "f8w2kz9qm4xt"}) {
    EXPECT_TRUE(check_strength(strong)) << strong;
  }
  for (const auto* weak : {"Ab1!", "K7#pq!Zm2vR", "aaaaaaaaaaaaaaaa", "123456789012345", "qwertyuiopasdfgh",
                           "abcabcabcabcabc", "passwordpassword", "111122223333"}) {
    const auto status = check_strength(weak);
    ASSERT_FALSE(status) << weak;
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(status.error().message, AllOf(HasSubstr("let one be made"), Not(HasSubstr(weak))));
  }
  EXPECT_FALSE(check_strength("correct horse battery"));
}

TEST(PasswordRules, Labels) {
  for (const auto* good : {"a", "team-a", "2026_Q4.sales", "A"}) EXPECT_TRUE(check_label(good)) << good;
  EXPECT_TRUE(check_label(std::string(64, 'x')));
  for (const auto* bad : {"", "-a", ".a", "_a", "a b", "a/b", "a\n", "\xc3\xa4"}) EXPECT_FALSE(check_label(bad)) << bad;
  EXPECT_FALSE(check_label(std::string(65, 'x')));
}

TEST(PasswordRules, AMadePasswordFitsAnAddressAndDiffersEachTime) {
  crypto::initialise();
  const auto made = generate_password();
  EXPECT_TRUE(check_characters(made.expose()));
  EXPECT_TRUE(check_strength(made.expose()));
  EXPECT_EQ(from_base64url(made.expose())->size(), 32U);
  EXPECT_FALSE(made == generate_password());
}

}  // namespace
}  // namespace sotto::auth
