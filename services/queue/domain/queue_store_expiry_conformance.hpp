// Of the conformance suite of QueueStore (queue_store_conformance.hpp): expiry of messages.
#pragma once

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

TEST_P(QueueStoreConformance, ExpiryOfAnEmptyStoreRemovesNothing) {
  const Expired expired = value(begin()->expire(kTestSeconds, 10));
  EXPECT_EQ(expired.messages, 0U);
  EXPECT_FALSE(expired.more);
}

TEST_P(QueueStoreConformance, ExpiryKeepsMessagesOfTheCutoffSecond) {
  const QueueRecord record = inserted();
  appended(record, 2, kTestSeconds - 1);
  const auto kept = appended(record, 2, kTestSeconds);
  reopen();
  EXPECT_EQ(expire_all(kTestSeconds - 1), 0U);
  EXPECT_EQ(expire_all(kTestSeconds), 2U);
  reopen();
  EXPECT_EQ(messages(record.recipient_id), ids(kept));
  EXPECT_EQ(state(record.recipient_id).messages, 2U);
  EXPECT_EQ(expire_all(kTestSeconds + 1), 2U);
  reopen();
  EXPECT_EQ(state(record.recipient_id), QueueState{});
}

TEST_P(QueueStoreConformance, ExpiryTakesFromManyQueuesAndManyTimes) {
  std::vector<QueueRecord> records;
  std::vector<std::vector<MessagePtr>> kept;
  std::uint64_t old = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    records.push_back(inserted());
    for (std::int64_t day = 30; day > 21; --day) {
      const auto count = (i + static_cast<std::size_t>(day)) % 4;
      appended(records.back(), count, kTestSeconds - day * 86400 + static_cast<std::int64_t>(i));
      old += count;
    }
    kept.push_back(appended(records.back(), i % 3, kTestSeconds - 86400));
  }
  reopen();
  EXPECT_EQ(expire_all(kTestSeconds - 21LL * 86400), old);
  reopen();
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(messages(records[i].recipient_id), ids(kept[i]));
    EXPECT_EQ(state(records[i].recipient_id).messages, kept[i].size());
  }
}

TEST_P(QueueStoreConformance, ExpiryStopsAtTheLimit) {
  const QueueRecord a = inserted();
  const QueueRecord b = inserted();
  appended(a, 25, kTestSeconds - 10);
  appended(b, 25, kTestSeconds - 10);
  commit([&](QueueTransaction& transaction) {
    const Expired expired = value(transaction.expire(kTestSeconds, 7));
    EXPECT_EQ(expired.messages, 7U);
    EXPECT_TRUE(expired.more);
  });
  reopen();
  EXPECT_EQ(totals().messages, 43U);
  EXPECT_EQ(state(a.recipient_id).messages + state(b.recipient_id).messages, 43U);
  EXPECT_EQ(expire_all(kTestSeconds, 7), 43U);
  EXPECT_EQ(totals().messages, 0U);
}

TEST_P(QueueStoreConformance, ExpiryOfTheLastMessageEndsFull) {
  const QueueRecord record = inserted();
  appended(record, 1, kTestSeconds - 20);
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.append(record.recipient_id, values_.quota_marker(kTestSeconds - 10), true).ok());
  });
  EXPECT_EQ(expire_all(kTestSeconds - 15), 1U);
  reopen();
  EXPECT_EQ(state(record.recipient_id), (QueueState{.messages = 1, .full = true}));
  EXPECT_EQ(expire_all(kTestSeconds), 1U);
  reopen();
  EXPECT_EQ(state(record.recipient_id), QueueState{});
}

TEST_P(QueueStoreConformance, ExpiryDoesNotCountMessagesThatWereRemovedBefore) {
  const QueueRecord record = inserted();
  const auto sent = appended(record, 4, kTestSeconds - 10);
  for (int i = 0; i < 3; ++i) {
    commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.pop(record.recipient_id).ok()); });
  }
  reopen();
  EXPECT_EQ(messages(record.recipient_id), std::vector{sent.back()->id});
  EXPECT_EQ(expire_all(kTestSeconds), 1U);
  EXPECT_EQ(state(record.recipient_id), QueueState{});
}

TEST_P(QueueStoreConformance, MessagesComeAndGoAfterExpiry) {
  const QueueRecord record = inserted();
  appended(record, 3, kTestSeconds - 10);
  EXPECT_EQ(expire_all(kTestSeconds), 3U);
  const auto sent = appended(record, 2);
  reopen();
  EXPECT_EQ(messages(record.recipient_id), ids(sent));
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.pop(record.recipient_id).ok()); });
  reopen();
  EXPECT_EQ(messages(record.recipient_id), std::vector{sent.back()->id});
}

}  // namespace sotto::queue
