#include "gateway/session/notification_outbox.hpp"

#include <gtest/gtest.h>

#include "libs/smp/transmission.hpp"

namespace sotto::gateway {
namespace {

constexpr std::size_t kSize = 200;

// Which transmissions a block has, by their first byte.
std::vector<int> contents(const Bytes& block) {
  std::vector<int> out;
  std::size_t at = 1;
  while (at < block.size()) {
    out.push_back(block[at + 2]);
    at += 2 + kSize;
  }
  EXPECT_TRUE(block.empty() || out.size() == block[0]);
  return out;
}

TEST(NotificationOutbox, FillsBlocksInOrder) {
  NotificationOutbox outbox(1U << 20U);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(outbox.add(Bytes(kSize, static_cast<std::uint8_t>(i))));
  std::vector<int> all;
  std::size_t blocks = 0;
  for (auto block = outbox.take_block(false); !block.empty(); block = outbox.take_block(false)) {
    const auto some = contents(block);
    EXPECT_GE(some.size(), 80U);
    all.insert(all.end(), some.begin(), some.end());
    ++blocks;
  }
  EXPECT_EQ(blocks, 2U);
  EXPECT_FALSE(outbox.empty());
  const auto rest = contents(outbox.take_block(true));
  all.insert(all.end(), rest.begin(), rest.end());
  EXPECT_TRUE(outbox.empty());
  ASSERT_EQ(all.size(), 200U);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
}

TEST(NotificationOutbox, DropsWhatIsTooMuch) {
  NotificationOutbox outbox(3 * kSize);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(outbox.add(Bytes(kSize, 1)));
  EXPECT_FALSE(outbox.add(Bytes(kSize, 2)));
  EXPECT_EQ(contents(outbox.take_block(true)), (std::vector{1, 1, 1}));
  EXPECT_TRUE(outbox.add(Bytes(kSize, 3)));
}

TEST(NotificationOutbox, HasNoBlockWhenItIsEmpty) {
  NotificationOutbox outbox(kSize);
  EXPECT_TRUE(outbox.take_block(true).empty());
}

}  // namespace
}  // namespace sotto::gateway
