// Of the conformance suite of QueueStore (queue_store_conformance.hpp): what a transaction sees of its own writes, and
// what is left of one that is dropped.
#pragma once

#include <optional>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

TEST_P(QueueStoreConformance, TransactionSeesItsOwnWrites) {
  const QueueRecord record = full_record();
  const LinkBlob blob = values_.link();
  const auto message = values_.message();
  commit([&](QueueTransaction& transaction) {
    const auto& id = record.recipient_id;
    EXPECT_TRUE(transaction.insert(record).ok());
    EXPECT_TRUE(*value(transaction.find(id)) == record);
    EXPECT_EQ(value(transaction.resolve(Role::recipient, id.view())), id);
    EXPECT_EQ(value(transaction.resolve(Role::sender, record.sender_id.view())), id);
    EXPECT_EQ(value(transaction.resolve(Role::notifier, record.notifier->id.view())), id);
    EXPECT_EQ(value(transaction.resolve(Role::link, record.link_id->view())), id);
    EXPECT_TRUE(transaction.put_link(id, blob).ok());
    EXPECT_EQ(value(transaction.link(id)), blob);
    EXPECT_TRUE(transaction.append(id, message, false).ok());
    EXPECT_TRUE(*value(transaction.head(id)) == *message);
    EXPECT_EQ(value(transaction.state(id)), (QueueState{.messages = 1, .full = false}));

    QueueRecord changed = record;
    changed.notifier = values_.notifier();
    changed.link_id.reset();
    changed.version += 1;
    EXPECT_TRUE(transaction.update(record, changed).ok());
    EXPECT_TRUE(*value(transaction.find(id)) == changed);
    EXPECT_EQ(value(transaction.resolve(Role::notifier, record.notifier->id.view())), std::nullopt);
    EXPECT_EQ(value(transaction.resolve(Role::notifier, changed.notifier->id.view())), id);
    EXPECT_EQ(value(transaction.resolve(Role::link, record.link_id->view())), std::nullopt);

    EXPECT_TRUE(transaction.erase(changed).ok());
    EXPECT_EQ(value(transaction.find(id)), nullptr);
    EXPECT_EQ(value(transaction.resolve(Role::sender, record.sender_id.view())), std::nullopt);
    EXPECT_EQ(value(transaction.resolve(Role::notifier, changed.notifier->id.view())), std::nullopt);
  });
  reopen();
  EXPECT_EQ(find(record.recipient_id), nullptr);
  EXPECT_EQ(totals(), StoreTotals{});
}

TEST_P(QueueStoreConformance, DroppedTransactionLeavesNoTrace) {
  const QueueRecord record = inserted(full_record());
  const QueueRecord doomed = inserted(full_record());
  const LinkBlob blob = values_.link();
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.put_link(record.recipient_id, blob).ok()); });
  const auto sent = appended(record, 3, kTestSeconds - 10);
  const auto of_doomed = appended(doomed, 3);
  const QueueRecord never = full_record();
  QueueRecord changed = record;
  changed.notifier = values_.notifier();
  changed.link_id.reset();
  changed.version += 1;

  drop([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.insert(never).ok());
    EXPECT_TRUE(transaction.append(never.recipient_id, values_.message(), false).ok());
    EXPECT_TRUE(transaction.update(record, changed).ok());
    EXPECT_TRUE(transaction.erase_link(record.recipient_id).ok());
    EXPECT_TRUE(transaction.put_link(doomed.recipient_id, blob).ok());
    EXPECT_TRUE(transaction.pop(record.recipient_id).ok());
    EXPECT_TRUE(transaction.append(record.recipient_id, values_.quota_marker(), true).ok());
    EXPECT_TRUE(transaction.erase(doomed).ok());
    EXPECT_EQ(totals(), (StoreTotals{.queues = 2, .messages = 6})) << "totals show what is not committed";
  });
  drop([&](QueueTransaction& transaction) {
    EXPECT_EQ(value(transaction.expire(kTestSeconds, 100)).messages, 3U);
    EXPECT_EQ(value(transaction.state(record.recipient_id)), QueueState{});
  });
  reopen();

  EXPECT_EQ(find(never.recipient_id), nullptr);
  EXPECT_EQ(resolve(Role::sender, never.sender_id.view()), std::nullopt);
  EXPECT_TRUE(*find(record.recipient_id) == record);
  EXPECT_EQ(resolve(Role::notifier, record.notifier->id.view()), record.recipient_id);
  EXPECT_EQ(resolve(Role::notifier, changed.notifier->id.view()), std::nullopt);
  EXPECT_EQ(resolve(Role::link, record.link_id->view()), record.recipient_id);
  EXPECT_EQ(link(record.recipient_id), blob);
  EXPECT_EQ(link(doomed.recipient_id), std::nullopt);
  EXPECT_EQ(state(record.recipient_id), (QueueState{.messages = 3, .full = false}));
  EXPECT_EQ(messages(record.recipient_id), ids(sent));
  EXPECT_EQ(messages(doomed.recipient_id), ids(of_doomed));
  EXPECT_EQ(totals(), (StoreTotals{.queues = 2, .messages = 6}));
  EXPECT_EQ(expire_all(kTestSeconds), 3U);
}

TEST_P(QueueStoreConformance, StoreWorksOnAfterADroppedTransaction) {
  const QueueRecord record = inserted();
  drop([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.append(record.recipient_id, values_.message(), false).ok());
    EXPECT_TRUE(transaction.append(record.recipient_id, values_.message(), false).ok());
  });
  const auto sent = appended(record, 2);
  reopen();
  EXPECT_EQ(messages(record.recipient_id), ids(sent));
}

TEST_P(QueueStoreConformance, ASenderKeyAndThenMoreInOneTransaction) {
  const QueueRecord record = inserted();
  const QueueRecord secured = with_sender_key(record);
  const QueueRecord off = switched_off(secured);
  auto transaction = begin();
  EXPECT_TRUE(transaction->update(record, secured).ok());
  EXPECT_TRUE(transaction->update(secured, off).ok());
  EXPECT_TRUE(transaction->commit().ok());
  reopen();
  EXPECT_TRUE(*value(begin()->find(record.recipient_id)) == off);
}

TEST_P(QueueStoreConformance, CommitWithoutWritesIsFine) {
  const QueueRecord record = inserted();
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(*value(transaction.find(record.recipient_id)) == record); });
  EXPECT_EQ(totals().queues, 1U);
}

TEST_P(QueueStoreConformance, SharedRecordsAndMessagesOutliveTheirRemoval) {
  const QueueRecord record = inserted();
  const auto sent = appended(record, 1);
  const RecordPtr found = find(record.recipient_id);
  const MessagePtr message = head(record.recipient_id);
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.erase(record).ok()); });
  EXPECT_TRUE(*found == record);
  EXPECT_TRUE(*message == *sent.front());
}

}  // namespace sotto::queue
