// Random work on the RocksDB store and on the memory store: both must always say the same. The database is opened anew
// now and then, and its buffers are small, so that rows come from memtables, files and the log.
#include <random>

#include <gtest/gtest.h>

#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"
#include "services/queue/storage/rocksdb/test_store.hpp"

namespace sotto::queue {
namespace {

class StoresSayTheSame : public testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    options_ = test_options(directory_.path());
    options_.write_buffer_bytes = std::size_t{1} << 16U;
    rocks_ = open_store(options_);
    ASSERT_NE(rocks_, nullptr);
    memory_transaction_ = memory_.begin({}).value();
    rocks_transaction_ = rocks_->begin({}).value();
  }
  void end_transaction(bool commit) {
    if (commit) {
      ASSERT_TRUE(memory_transaction_->commit());
      ASSERT_TRUE(rocks_transaction_->commit());
    }
    memory_transaction_.reset();
    rocks_transaction_.reset();
    ASSERT_EQ(memory_.totals(), rocks_->totals());
    if (draw(20) == 0) {
      rocks_.reset();
      rocks_ = open_store(options_);
      ASSERT_NE(rocks_, nullptr);
      ASSERT_EQ(memory_.totals(), rocks_->totals());
    }
    memory_transaction_ = memory_.begin({}).value();
    rocks_transaction_ = rocks_->begin({}).value();
  }
  std::uint32_t draw(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }

  template <class Work>
  auto both(Work work) {
    auto expected = work(*memory_transaction_);
    auto found = work(*rocks_transaction_);
    EXPECT_TRUE(expected.ok());
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().message);
    return std::make_pair(std::move(expected).value(), std::move(found).value());
  }
  void expect_same_queue(const RecipientId& id) {
    const auto [expected_state, state] = both([&](QueueTransaction& t) { return t.state(id); });
    ASSERT_EQ(expected_state, state);
    const auto [expected_head, head] = both([&](QueueTransaction& t) { return t.head(id); });
    ASSERT_EQ(expected_head == nullptr, head == nullptr);
    if (head) {
      ASSERT_TRUE(*expected_head == *head);
    }
  }

  // What RocksDbQueueStore promises also when the clock was set back: the oldest message of a queue goes first, others
  // wait for it. (MemoryQueueStore::expire() takes each message by its own time.)
  std::uint64_t expire_in_memory(const RecipientId& id, std::int64_t cutoff) {
    std::uint64_t removed = 0;
    if (!memory_transaction_->find(id).value()) return removed;
    for (;;) {
      const MessagePtr head = memory_transaction_->head(id).value();
      if (!head || head->seconds >= cutoff) return removed;
      EXPECT_TRUE(memory_transaction_->pop(id));
      ++removed;
    }
  }

  std::mt19937 random_{GetParam()};
  TestValues values_{GetParam()};
  TestDirectory directory_;
  rocks::Options options_;
  MemoryQueueStore memory_;
  std::unique_ptr<RocksDbQueueStore> rocks_;
  std::unique_ptr<QueueTransaction> memory_transaction_;
  std::unique_ptr<QueueTransaction> rocks_transaction_;
};

TEST_P(StoresSayTheSame, UnderRandomWork) {
  constexpr std::size_t kQueues = 12;
  std::vector<QueueRecord> records;
  for (std::size_t i = 0; i < kQueues; ++i) {
    records.push_back(values_.record());
    both([&](QueueTransaction& t) { return t.insert(records[i]); });
  }
  std::vector<RecipientId> erased;  // some are there again: their transaction was dropped
  std::int64_t now = kTestSeconds;
  for (int step = 0; step < 1500; ++step) {
    QueueRecord& record = records[draw(kQueues)];
    const RecipientId id = record.recipient_id;
    switch (draw(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        now += draw(40);
        if (draw(50) == 0) now -= 500;  // the clock is set back
        const auto message = values_.message(now, draw(8) == 0 ? 16000 : 30);
        both([&](QueueTransaction& t) { return t.append(id, message, false); });
        break;
      }
      case 5:
      case 6:
      case 7: {
        const auto [expected, head] = both([&](QueueTransaction& t) { return t.head(id); });
        ASSERT_EQ(expected == nullptr, head == nullptr);
        if (head) both([&](QueueTransaction& t) { return t.pop(id); });
        break;
      }
      case 8: {
        // In one transaction or several.
        const std::int64_t cutoff = now - draw(2000);
        const std::size_t limit = 1 + draw(20);
        std::uint64_t expected = 0;
        std::uint64_t found = 0;
        for (const auto& each : records) expected += expire_in_memory(each.recipient_id, cutoff);
        for (const auto& each : erased) expected += expire_in_memory(each, cutoff);
        for (bool more = true; more;) {
          const Expired expired = rocks_transaction_->expire(cutoff, limit).value();
          ASSERT_LE(expired.messages, limit);
          found += expired.messages;
          more = expired.more;
          if (draw(2) == 0) {
            ASSERT_TRUE(rocks_transaction_->commit());
            rocks_transaction_ = rocks_->begin({}).value();
          }
        }
        ASSERT_EQ(expected, found) << "step " << step;
        end_transaction(true);
        break;
      }
      case 9:
        if (draw(6) == 0) {
          both([&](QueueTransaction& t) { return t.erase(record); });
          if (draw(2) == 0) {
            erased.push_back(id);
            record = values_.record();
          }
          both([&](QueueTransaction& t) { return t.insert(record); });
        }
        break;
      default:
        end_transaction(draw(5) != 0 || step < 100);
        // A dropped transaction may have held an insert: bring the records in line.
        for (auto& each : records) {
          const auto [expected, found] = both([&](QueueTransaction& t) { return t.find(each.recipient_id); });
          ASSERT_EQ(expected == nullptr, found == nullptr);
          if (!found) both([&](QueueTransaction& t) { return t.insert(each); });
        }
        break;
    }
    expect_same_queue(record.recipient_id);
    if (HasFatalFailure()) return;
  }
  end_transaction(true);
  for (const auto& record : records) {
    for (;;) {
      expect_same_queue(record.recipient_id);
      if (HasFatalFailure()) return;
      const auto [expected, found] = both([&](QueueTransaction& t) { return t.head(record.recipient_id); });
      if (!found) break;
      both([&](QueueTransaction& t) { return t.pop(record.recipient_id); });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoresSayTheSame, testing::Range(1U, 5U));

}  // namespace
}  // namespace sotto::queue
