// Of the conformance suite of QueueStore (queue_store_conformance.hpp): compacting a store, and closing it.
#pragma once

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

TEST_P(QueueStoreConformance, CompactKeepsWhatIsThere) {
  const QueueRecord record = inserted(full_record());
  const QueueRecord gone = inserted();
  appended(gone, 50);
  const auto sent = appended(record, 3);
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.erase(gone).ok()); });
  EXPECT_TRUE(store_->compact().ok());
  reopen();
  EXPECT_TRUE(*find(record.recipient_id) == record);
  EXPECT_EQ(messages(record.recipient_id), ids(sent));
  EXPECT_EQ(totals(), (StoreTotals{.queues = 1, .messages = 3}));
}

// What the factory says of the store is so: committed queues are there after it was closed, or none is.
TEST_P(QueueStoreConformance, ClosedStoreKeepsEverythingExactlyWhenItIsDurable) {
  const QueueRecord record = inserted(full_record());
  const auto sent = appended(record, 2);
  open_again();
  if (factory_->durable()) {
    EXPECT_TRUE(*find(record.recipient_id) == record);
    EXPECT_EQ(messages(record.recipient_id), ids(sent));
    EXPECT_EQ(totals(), (StoreTotals{.queues = 1, .messages = 2}));
  } else {
    EXPECT_EQ(find(record.recipient_id), nullptr);
    EXPECT_EQ(totals(), StoreTotals{});
  }
}

}  // namespace sotto::queue
