#include "gateway/session/queues_at_work.hpp"

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

QueuesAtWork::EntityId queue(std::uint8_t number) {
  QueuesAtWork::EntityId id;
  id.bytes.fill(number);
  return id;
}

TEST(QueuesAtWork, AFreeQueueTakesAnything) {
  const QueuesAtWork queues;
  EXPECT_TRUE(queues.is_free(queue(1)));
  EXPECT_TRUE(queues.may_begin(queue(1), 7));
  EXPECT_TRUE(queues.may_begin(queue(1), std::nullopt));
}

TEST(QueuesAtWork, SendsOfOneVersionGoTogether) {
  QueuesAtWork queues;
  queues.begin(queue(1), 7);
  EXPECT_FALSE(queues.is_free(queue(1)));
  EXPECT_TRUE(queues.may_begin(queue(1), 7));
  EXPECT_FALSE(queues.may_begin(queue(1), 8)) << "it would overtake the one that is old";
  EXPECT_FALSE(queues.may_begin(queue(1), std::nullopt));
  EXPECT_TRUE(queues.may_begin(queue(2), 8)) << "another queue";
}

TEST(QueuesAtWork, NothingGoesBesideWhatHasToBeAlone) {
  QueuesAtWork queues;
  queues.begin(queue(1), std::nullopt);
  EXPECT_FALSE(queues.may_begin(queue(1), 7));
  EXPECT_FALSE(queues.may_begin(queue(1), std::nullopt));
}

TEST(QueuesAtWork, NothingBeginsBesideWhatIsInDoubtUntilAllHaveEnded) {
  QueuesAtWork queues;
  queues.begin(queue(1), 7);
  queues.begin(queue(1), 7);
  queues.in_doubt(queue(1));
  EXPECT_FALSE(queues.may_begin(queue(1), 7));
  queues.end(queue(1));
  EXPECT_FALSE(queues.may_begin(queue(1), 7));
  queues.end(queue(1));
  EXPECT_TRUE(queues.may_begin(queue(1), 8));
}

TEST(QueuesAtWork, DoubtAboutAQueueThatIsFreeMeansNothing) {
  QueuesAtWork queues;
  queues.in_doubt(queue(1));
  EXPECT_TRUE(queues.may_begin(queue(1), 7));
}

}  // namespace
}  // namespace sotto::gateway
