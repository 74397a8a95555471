#include "services/queue/storage/rocksdb/known_queues.hpp"

#include <gtest/gtest.h>

namespace sotto::queue {
namespace {

RecipientId id(std::uint8_t number) {
  Bytes bytes(kIdSize, 0);
  bytes[0] = number;
  return *RecipientId::from(bytes);
}

void keep(KnownQueues& queues, std::uint8_t number) {
  KnownQueue::Counters counters;
  counters.value.next = number;
  queues.at(id(number)).counters = counters;
}

bool knows(KnownQueues& queues, std::uint8_t number) {
  const auto* known = queues.find(id(number));
  return known != nullptr && known->counters && known->counters->value.next == number;
}

TEST(KnownQueues, KnowsWhatItWasTold) {
  KnownQueues queues(10);
  EXPECT_EQ(queues.find(id(1)), nullptr);
  keep(queues, 1);
  EXPECT_TRUE(knows(queues, 1));
  EXPECT_FALSE(knows(queues, 2));
  queues.forget(id(1));
  EXPECT_EQ(queues.find(id(1)), nullptr);
}

TEST(KnownQueues, IsBounded) {
  KnownQueues queues(10);
  for (std::uint8_t i = 0; i < 200; ++i) {
    keep(queues, i);
    EXPECT_LE(queues.size(), 10U);
    EXPECT_TRUE(knows(queues, i));
  }
}

TEST(KnownQueues, WhatIsUsedStays) {
  KnownQueues queues(10);
  keep(queues, 0);
  for (std::uint8_t i = 1; i < 200; ++i) {
    keep(queues, i);
    ASSERT_TRUE(knows(queues, 0)) << int{i};
  }
  EXPECT_FALSE(knows(queues, 1));
}

TEST(KnownQueues, ForgetsWhatIsOld) {
  KnownQueues queues(4);
  for (std::uint8_t i = 0; i < 3; ++i) keep(queues, i);
  queues.forget(id(0));
  EXPECT_EQ(queues.find(id(0)), nullptr);
  EXPECT_TRUE(knows(queues, 2));
}

}  // namespace
}  // namespace sotto::queue
