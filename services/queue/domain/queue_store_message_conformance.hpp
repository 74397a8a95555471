// Of the conformance suite of QueueStore (queue_store_conformance.hpp): messages, their order, and what is counted of
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

TEST_P(QueueStoreConformance, MessageComesBackAsItWas) {
  const QueueRecord record = inserted();
  const std::vector<MessagePtr> sent = {values_.message(kTestSeconds, 0), values_.message(0, 1),
                                        values_.message(kTestSeconds + 5, 16122), values_.quota_marker()};
  appended(record, sent);
  reopen();
  for (const auto& message : sent) {
    const MessagePtr stored = head(record.recipient_id);
    ASSERT_NE(stored, nullptr);
    EXPECT_TRUE(*stored == *message);
    commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.pop(record.recipient_id).ok()); });
    reopen();
  }
  EXPECT_EQ(head(record.recipient_id), nullptr);
}

TEST_P(QueueStoreConformance, MessagesKeepTheirOrderAcrossTransactionsAndQueues) {
  const QueueRecord a = inserted();
  const QueueRecord b = inserted();
  std::vector<MessageId> of_a;
  std::vector<MessageId> of_b;
  for (int i = 0; i < 300; ++i) {
    commit([&](QueueTransaction& transaction) {
      for (int j = 0; j < 2; ++j) {
        const auto to_a = values_.message();
        const auto to_b = values_.message();
        EXPECT_TRUE(transaction.append(a.recipient_id, to_a, false).ok());
        EXPECT_TRUE(transaction.append(b.recipient_id, to_b, false).ok());
        of_a.push_back(to_a->id);
        of_b.push_back(to_b->id);
      }
    });
    if (i == 150) reopen();
  }
  reopen();
  EXPECT_EQ(messages(a.recipient_id), of_a);
  EXPECT_EQ(messages(b.recipient_id), of_b);
  EXPECT_EQ(state(a.recipient_id).messages, 600U);
}

TEST_P(QueueStoreConformance, EmptiedQueueTakesMessagesAgain) {
  const QueueRecord record = inserted();
  for (int round = 0; round < 3; ++round) {
    const auto sent = appended(record, 2);
    reopen();
    EXPECT_EQ(messages(record.recipient_id), ids(sent));
    for (int i = 0; i < 2; ++i) {
      commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.pop(record.recipient_id).ok()); });
    }
    reopen();
    EXPECT_EQ(state(record.recipient_id), QueueState{});
    EXPECT_EQ(head(record.recipient_id), nullptr);
  }
  EXPECT_EQ(totals().messages, 0U);
}

TEST_P(QueueStoreConformance, AppendAndPopInOneTransaction) {
  const QueueRecord record = inserted();
  const auto first = values_.message();
  const auto second = values_.message();
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.append(record.recipient_id, first, false).ok());
    EXPECT_TRUE(transaction.append(record.recipient_id, second, false).ok());
    EXPECT_EQ(value(transaction.head(record.recipient_id))->id, first->id);
    EXPECT_TRUE(transaction.pop(record.recipient_id).ok());
    EXPECT_EQ(value(transaction.head(record.recipient_id))->id, second->id);
    EXPECT_EQ(value(transaction.state(record.recipient_id)).messages, 1U);
  });
  reopen();
  EXPECT_EQ(messages(record.recipient_id), std::vector{second->id});
  EXPECT_EQ(totals().messages, 1U);
}

TEST_P(QueueStoreConformance, FullUntilTheQueueIsEmpty) {
  const QueueRecord record = inserted();
  appended(record, 2);
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.append(record.recipient_id, values_.quota_marker(), true).ok());
    EXPECT_EQ(value(transaction.state(record.recipient_id)), (QueueState{.messages = 3, .full = true}));
  });
  for (std::uint32_t left = 3; left > 0; --left) {
    reopen();
    EXPECT_EQ(state(record.recipient_id), (QueueState{.messages = left, .full = true}));
    commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.pop(record.recipient_id).ok()); });
  }
  reopen();
  EXPECT_EQ(state(record.recipient_id), QueueState{});
}

TEST_P(QueueStoreConformance, TotalsFollowEveryChange) {
  const QueueRecord a = inserted();
  const QueueRecord b = inserted();
  EXPECT_EQ(totals(), (StoreTotals{.queues = 2, .messages = 0}));
  appended(a, 3);
  appended(b, 2, kTestSeconds - 10);
  EXPECT_EQ(totals(), (StoreTotals{.queues = 2, .messages = 5}));
  reopen();
  EXPECT_EQ(totals(), (StoreTotals{.queues = 2, .messages = 5}));
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.pop(a.recipient_id).ok()); });
  EXPECT_EQ(totals(), (StoreTotals{.queues = 2, .messages = 4}));
  EXPECT_EQ(expire_all(kTestSeconds), 2U);
  EXPECT_EQ(totals(), (StoreTotals{.queues = 2, .messages = 2}));
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.erase(a).ok()); });
  EXPECT_EQ(totals(), (StoreTotals{.queues = 1, .messages = 0}));
  reopen();
  EXPECT_EQ(totals(), (StoreTotals{.queues = 1, .messages = 0}));
}

TEST_P(QueueStoreConformance, HeadIdIsTheOneOfTheHead) {
  const QueueRecord record = inserted();
  auto transaction = begin();
  EXPECT_EQ(value(transaction->head_id(record.recipient_id)), std::nullopt);
  EXPECT_EQ(value(transaction->head_id(values_.id<RecipientId>())), std::nullopt);
  const auto first = values_.message();
  const auto second = values_.message();
  EXPECT_TRUE(transaction->append(record.recipient_id, first, false).ok());
  EXPECT_TRUE(transaction->append(record.recipient_id, second, false).ok());
  EXPECT_EQ(value(transaction->head_id(record.recipient_id)), first->id);
  EXPECT_TRUE(transaction->pop(record.recipient_id).ok());
  EXPECT_EQ(value(transaction->head_id(record.recipient_id)), second->id);
  EXPECT_TRUE(transaction->commit().ok());
}

TEST_P(QueueStoreConformance, WithMessagesSaysWhichHaveSome) {
  const QueueRecord full = inserted();
  const QueueRecord empty = inserted();
  const QueueRecord emptied = inserted();
  appended(full, 2);
  appended(emptied, 1);
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.pop(emptied.recipient_id).ok()); });
  reopen();
  const std::vector<RecipientId> asked = {empty.recipient_id, full.recipient_id, emptied.recipient_id,
                                          values_.id<RecipientId>()};
  EXPECT_EQ(value(store_->with_messages(asked)), std::vector{full.recipient_id});
  EXPECT_TRUE(value(store_->with_messages({})).empty());
}

}  // namespace sotto::queue
