// Everything that can be said is said in frames and comes back as it was, through the bytes that travel.
#include <set>

#include <gtest/gtest.h>

#include "libs/contract/events.hpp"
#include "libs/contract/operations.hpp"
#include "libs/contract/test_contract.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::contract {
namespace {

constexpr std::uint64_t kSeeds = 40;

template <class Message>
Message through_bytes(const Message& message) {
  Message out;
  EXPECT_TRUE(out.ParseFromString(message.SerializeAsString()));
  return out;
}

class RoundTrip : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
};

TEST_F(RoundTrip, EveryAction) {
  std::set<std::size_t> kinds;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RandomValues random(seed);
    for (auto& action : random.actions()) {
      backend::Operation operation{.queue = {}, .version = 0, .action = std::move(action)};
      const bool of_a_queue = std::visit(
          [](const auto& kind) { return !backend::kOfNoQueue<std::decay_t<decltype(kind)>>; }, operation.action);
      if (of_a_queue) {
        operation.queue = random.values().id<RecipientId>();
        operation.version = random.below(1000);
      }
      queue::Operation message;
      to_proto(operation, message);
      const auto back = from_proto(through_bytes(message));
      ASSERT_TRUE(back.ok()) << back.error().message;
      EXPECT_EQ(back->queue, operation.queue);
      EXPECT_EQ(back->version, operation.version);
      EXPECT_TRUE(same(back->action, operation.action)) << "action " << operation.action.index() << ", seed " << seed;
      kinds.insert(operation.action.index());
    }
  }
  // All but those of administrators.
  EXPECT_EQ(kinds.size(), std::variant_size_v<backend::Action> - 3);
}

TEST_F(RoundTrip, WhatAdministratorsDoIsNotSaidOnTheStream) {
  RandomValues random(1);
  const std::vector<backend::Action> actions = {backend::Block{.blocking = random.blocking()}, backend::Unblock{},
                                                backend::Remove{}};
  for (const auto& action : actions) {
    queue::Operation message;
    to_proto({.queue = random.values().id<RecipientId>(), .version = 1, .action = action}, message);
    EXPECT_EQ(message.action_case(), queue::Operation::ACTION_NOT_SET);
    EXPECT_FALSE(from_proto(through_bytes(message)).ok());
  }
}

TEST_F(RoundTrip, EveryResult) {
  std::set<backend::Outcome> outcomes;
  for (std::uint64_t seed = 1; seed <= 5 * kSeeds; ++seed) {
    RandomValues random(seed);
    const auto result = random.result();
    queue::OperationResult message;
    to_proto(result, message);
    const auto back = from_proto(through_bytes(message));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(same(*back, result)) << "seed " << seed;
    outcomes.insert(result.outcome);
  }
  EXPECT_EQ(outcomes.size(), static_cast<std::size_t>(backend::Outcome::unavailable) + 1);
}

TEST_F(RoundTrip, EveryEvent) {
  std::set<std::size_t> kinds;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RandomValues random(seed);
    for (const auto& event : random.events()) {
      queue::Event message;
      to_proto(seed, event, message);
      const auto bytes = through_bytes(message);
      EXPECT_EQ(bytes.connection(), seed);
      const auto back = from_proto(bytes);
      ASSERT_TRUE(back.ok()) << back.error().message;
      ASSERT_TRUE(back->has_value());
      EXPECT_TRUE(same(**back, event)) << "event " << event.index() << ", seed " << seed;
      kinds.insert(event.index());
    }
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<backend::Event>);
}

TEST_F(RoundTrip, BodyBytesAreWhatMakesItLarge) {
  RandomValues random(1);
  const auto message = random.values().message(1, 16000);
  EXPECT_EQ(body_bytes(backend::Operation{{}, 0, backend::Append{message, std::nullopt}}), 16000U);
  EXPECT_EQ(body_bytes(backend::Operation{{}, 0, backend::Ack{}}), 0U);
  backend::OperationResult result;
  EXPECT_EQ(body_bytes(result), 0U);
  result.message = message;
  result.link = backend::LinkBlob{Bytes(100), Bytes(200)};
  EXPECT_EQ(body_bytes(result), 16300U);
  EXPECT_EQ(body_bytes(backend::Event(backend::MessageReady{{}, message})), 16000U);
  EXPECT_EQ(body_bytes(backend::Event(backend::MessageReady{{}, nullptr})), 0U);
  EXPECT_EQ(body_bytes(backend::Event(backend::Blocked{{}, {.notice_json = "{}"}})), 2U);
}

}  // namespace
}  // namespace sotto::contract
