#include "gateway/session/subscriptions.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::gateway {
namespace {

using Delivery = Subscriptions::Delivery;
using Use = Subscriptions::Use;

RecipientId queue_id() {
  crypto::initialise();
  return crypto::random_id<RecipientId>();
}

TEST(Subscriptions, CountsOnlySubscribedQueues) {
  Subscriptions subscriptions;
  const auto a = queue_id();
  const auto b = queue_id();
  subscriptions.add(a, Use::subscribed);
  subscriptions.add(a, Use::subscribed);
  subscriptions.add(b, Use::fetched);
  EXPECT_EQ(subscriptions.subscribed(), 1U);
  EXPECT_TRUE(subscriptions.remove(a));
  EXPECT_FALSE(subscriptions.remove(a));
  EXPECT_FALSE(subscriptions.remove(b));
  EXPECT_EQ(subscriptions.subscribed(), 0U);
}

TEST(Subscriptions, WaitingQueuesHaveTheirTurnOnceAndInOrder) {
  Subscriptions subscriptions;
  const auto a = queue_id();
  const auto b = queue_id();
  for (const auto& queue : {a, b}) {
    auto& entry = subscriptions.add(queue, Use::subscribed);
    subscriptions.wait(queue, entry);
    subscriptions.wait(queue, entry);
  }
  EXPECT_TRUE(subscriptions.any_waiting());
  EXPECT_EQ(subscriptions.next_waiting(), a);
  EXPECT_EQ(subscriptions.find(a)->delivery, Delivery::fetching);
  EXPECT_EQ(subscriptions.next_waiting(), b);
  EXPECT_EQ(subscriptions.next_waiting(), std::nullopt);
  EXPECT_FALSE(subscriptions.any_waiting());
}

TEST(Subscriptions, ARemovedQueueHasNoTurn) {
  Subscriptions subscriptions;
  const auto a = queue_id();
  subscriptions.wait(a, subscriptions.add(a, Use::subscribed));
  subscriptions.remove(a);
  EXPECT_EQ(subscriptions.next_waiting(), std::nullopt);
}

TEST(Subscriptions, AnUnacknowledgedMessageKeepsTheQueueFromWaiting) {
  Subscriptions subscriptions;
  const auto a = queue_id();
  auto& entry = subscriptions.add(a, Use::subscribed);
  entry.delivery = Delivery::delivered;
  subscriptions.wait(a, entry);
  EXPECT_FALSE(subscriptions.any_waiting());
}

TEST(Subscriptions, AnnouncedWhileOneIsUnderWayIsLookedAtAfterwards) {
  Subscriptions subscriptions;
  const auto a = queue_id();
  EXPECT_FALSE(subscriptions.announced(a)) << "not subscribed";
  auto& entry = subscriptions.add(a, Use::subscribed);
  EXPECT_TRUE(subscriptions.announced(a));
  for (const auto under_way : {Delivery::delivered, Delivery::fetching}) {
    entry.delivery = under_way;
    EXPECT_FALSE(subscriptions.announced(a));
    subscriptions.nothing_more(a, entry);
    EXPECT_EQ(subscriptions.next_waiting(), a);
    subscriptions.nothing_more(a, entry);
    EXPECT_EQ(entry.delivery, Delivery::none) << "once";
    EXPECT_EQ(subscriptions.next_waiting(), std::nullopt);
  }
}

TEST(Subscriptions, WhatIsHeardBeforeTheAnswerIsKept) {
  Subscriptions subscriptions;
  const auto a = queue_id();
  const auto b = queue_id();
  subscriptions.expect(a);
  subscriptions.expect(b);
  EXPECT_FALSE(subscriptions.announced(b)) << "the answer comes first";
  EXPECT_FALSE(subscriptions.settle(a));
  EXPECT_TRUE(subscriptions.settle(b));
  EXPECT_FALSE(subscriptions.settle(b));
  EXPECT_FALSE(subscriptions.heard(b)) << "expected no more";
}

TEST(Subscriptions, QueuesAreThoseSubscribedTo) {
  Subscriptions subscriptions;
  const auto a = queue_id();
  subscriptions.add(a, Use::subscribed);
  subscriptions.add(queue_id(), Use::fetched);
  EXPECT_EQ(subscriptions.queues(), std::vector{a});
}

}  // namespace
}  // namespace sotto::gateway
