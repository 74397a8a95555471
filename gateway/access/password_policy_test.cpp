#include "gateway/access/password_policy.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

using backend::AccessDecision;

TEST(PasswordPolicy, WithPassword) {
  const PasswordPolicy policy(SecretString(std::string("secret")), true);
  EXPECT_EQ(policy.may_create(as_bytes("secret")), AccessDecision::allowed);
  EXPECT_EQ(policy.may_create(as_bytes("secret ")), AccessDecision::wrong_password);
  EXPECT_EQ(policy.may_create(as_bytes("")), AccessDecision::wrong_password);
  EXPECT_EQ(policy.may_create(std::nullopt), AccessDecision::missing_password);
}

TEST(PasswordPolicy, WithoutPasswordAnybodyMay) {
  const PasswordPolicy policy(std::nullopt, true);
  EXPECT_EQ(policy.may_create(std::nullopt), AccessDecision::allowed);
  EXPECT_EQ(policy.may_create(as_bytes("whatever")), AccessDecision::allowed);
}

TEST(PasswordPolicy, SwitchedOff) {
  const PasswordPolicy policy(SecretString(std::string("secret")), false);
  EXPECT_EQ(policy.may_create(as_bytes("secret")), AccessDecision::new_queues_off);
}

}  // namespace
}  // namespace sotto::gateway
