#include "services/queue/storage/memory/memory_queue_store.hpp"

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_conformance.hpp"

namespace sotto::queue {
namespace {

class MemoryStoreFactory final : public StoreFactory {
 public:
  std::unique_ptr<QueueStore> open() override { return std::make_unique<MemoryQueueStore>(); }
  [[nodiscard]] bool durable() const override { return false; }
};

std::string store_name(const testing::TestParamInfo<StoreUnderTest>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Memory, QueueStoreConformance,
                         testing::Values(StoreUnderTest{"memory",
                                                        [] { return std::make_unique<MemoryStoreFactory>(); }}),
                         store_name);

// Clocks are set back: then the order of a queue is not the order of its times, and expiry goes by the times.
TEST(MemoryQueueStore, ExpiryFindsOldMessagesBehindNewerOnes) {
  TestValues values;
  MemoryQueueStore store;
  const QueueRecord record = values.record();
  const auto newer = values.message(kTestSeconds);
  const auto older = values.message(kTestSeconds - 10);
  auto transaction = store.begin({}).value();
  ASSERT_TRUE(transaction->insert(record).ok());
  ASSERT_TRUE(transaction->append(record.recipient_id, newer, false).ok());
  ASSERT_TRUE(transaction->append(record.recipient_id, older, false).ok());
  EXPECT_EQ(transaction->expire(kTestSeconds, 10).value().messages, 1U);
  EXPECT_EQ(transaction->head(record.recipient_id).value()->id, newer->id);
  EXPECT_EQ(transaction->state(record.recipient_id).value().messages, 1U);
}

TEST(MemoryQueueStore, ChangesOfAQueueThatIsNotThereAreRefused) {
  TestValues values;
  MemoryQueueStore store;
  const QueueRecord record = values.record();
  auto transaction = store.begin({}).value();
  EXPECT_FALSE(transaction->update(record, record).ok());
  EXPECT_FALSE(transaction->erase(record).ok());
  EXPECT_FALSE(transaction->put_link(record.recipient_id, values.link()).ok());
  EXPECT_FALSE(transaction->append(record.recipient_id, values.message(), false).ok());
  EXPECT_FALSE(transaction->pop(record.recipient_id).ok());
}

}  // namespace
}  // namespace sotto::queue
