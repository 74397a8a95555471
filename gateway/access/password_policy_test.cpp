#include "gateway/access/password_policy.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

using backend::AccessDecision;
using backend::AccessPurpose;

AccessDecision decide(PasswordPolicy& policy, AccessPurpose purpose, std::optional<ByteView> password) {
  const auto decided = policy.decide(purpose, password, std::nullopt);
  AccessDecision asked = decided->decision;
  if (password) policy.ask(purpose, *password, std::nullopt, [&](const auto& answer) { asked = answer.decision; });
  EXPECT_EQ(asked, decided->decision);
  return asked;
}
AccessDecision new_queue(PasswordPolicy& policy, std::optional<ByteView> password) {
  return decide(policy, AccessPurpose::new_queue, password);
}

TEST(PasswordPolicy, WithPassword) {
  PasswordPolicy policy(SecretString(std::string("secret")), true);
  EXPECT_EQ(new_queue(policy, as_bytes("secret")), AccessDecision::allowed);
  EXPECT_EQ(new_queue(policy, as_bytes("secret ")), AccessDecision::wrong_password);
  EXPECT_EQ(new_queue(policy, as_bytes("")), AccessDecision::wrong_password);
  EXPECT_EQ(new_queue(policy, std::nullopt), AccessDecision::missing_password);
}

TEST(PasswordPolicy, WithoutPasswordAnybodyMay) {
  PasswordPolicy policy(std::nullopt, true);
  EXPECT_EQ(new_queue(policy, std::nullopt), AccessDecision::allowed);
  EXPECT_EQ(new_queue(policy, as_bytes("whatever")), AccessDecision::allowed);
}

TEST(PasswordPolicy, SwitchedOffForQueuesAndNotForTheProxy) {
  PasswordPolicy policy(SecretString(std::string("secret")), false);
  EXPECT_EQ(new_queue(policy, as_bytes("secret")), AccessDecision::switched_off);
  EXPECT_EQ(decide(policy, AccessPurpose::proxy, as_bytes("secret")), AccessDecision::allowed);
  EXPECT_EQ(decide(policy, AccessPurpose::proxy, as_bytes("other")), AccessDecision::wrong_password);
}

}  // namespace
}  // namespace sotto::gateway
