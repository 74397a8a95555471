#include "libs/redis/slot.hpp"

#include <gtest/gtest.h>

namespace sotto::redis {
namespace {

// Values of the cluster specification and of CLUSTER KEYSLOT.
TEST(Slot, IsCrc16) {
  EXPECT_EQ(slot_of("123456789"), 0x31c3);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of(""), 0);
}

TEST(Slot, OfAHashTag) {
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
  EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
}

TEST(Slot, OfTheWholeKeyWithoutTag) {
  EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
  EXPECT_NE(slot_of("foo{bar"), slot_of("bar"));
  EXPECT_NE(slot_of("}{bar"), slot_of("bar"));
}

}  // namespace
}  // namespace sotto::redis
