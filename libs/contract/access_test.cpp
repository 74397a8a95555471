// What is said of passwords comes back as it was, and what cannot be understood refuses.
#include "libs/contract/access.hpp"

#include <gtest/gtest.h>

namespace sotto::contract {
namespace {

using backend::AccessDecision;

TEST(AccessContract, DecisionsComeBack) {
  for (std::size_t i = 0; i < backend::kAccessDecisions; ++i) {
    const auto decision = static_cast<AccessDecision>(i);
    EXPECT_EQ(from_proto(to_proto(decision)), decision) << to_string(decision);
  }
}

TEST(AccessContract, ADecisionOfALaterVersionIsNoPermission) {
  EXPECT_EQ(from_proto(auth::DECISION_UNSPECIFIED), AccessDecision::unknown);
  auth::CheckPasswordResponse later;
  ASSERT_TRUE(later.ParseFromString(std::string("\x08\x63\x12\x02id", 6)));  // decision 99
  EXPECT_EQ(from_proto(later).decision, AccessDecision::unknown);
}

TEST(AccessContract, AnAnswerThatAllowsNobodyIsNoPermission) {
  auth::CheckPasswordResponse answer;
  answer.set_decision(auth::DECISION_ALLOWED);
  EXPECT_EQ(from_proto(answer).decision, AccessDecision::unknown);
  answer.set_password_id("id");
  EXPECT_EQ(from_proto(answer).decision, AccessDecision::allowed);
}

TEST(AccessContract, AnswersComeBack) {
  const backend::CheckResult result{AccessDecision::allowed, "id", 7, true};
  auth::CheckPasswordResponse message;
  to_proto(result, message);
  const auto back = from_proto(message);
  EXPECT_EQ(back.decision, result.decision);
  EXPECT_EQ(back.password_id, "id");
  EXPECT_EQ(back.generation, 7U);
  EXPECT_TRUE(back.guessable);
}

TEST(AccessContract, StatesComeBack) {
  backend::AccessState state;
  state.generation = 9;
  state.new_queues = false;
  state.proxy_destinations = {"smp.example.org", "10.0.0.0/8"};
  state.passwords = {{"a", 1'700'000'000, true, {}}, {"b", 0, false, 0}, {"c", 0, false, 12}};
  auth::WatchResponse message;
  to_proto(state, message);
  EXPECT_FALSE(message.passwords(0).has_remaining());
  EXPECT_TRUE(message.passwords(1).has_remaining());
  EXPECT_EQ(from_proto(message), state);
  EXPECT_EQ(from_proto(auth::WatchResponse()), (backend::AccessState{0, false, false, false, {}, {}}));
}

}  // namespace
}  // namespace sotto::contract
