// Of the conformance suite of QueueStore (queue_store_conformance.hpp): records and the ids that lead to them, what an
// update moves and what an erasure takes along.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

TEST_P(QueueStoreConformance, NewStoreIsEmpty) {
  EXPECT_EQ(find(values_.id<RecipientId>()), nullptr);
  EXPECT_EQ(resolve(Role::sender, values_.id<SenderId>().view()), std::nullopt);
  EXPECT_EQ(totals(), StoreTotals{});
}

TEST_P(QueueStoreConformance, RecordWithoutOptionalParts) {
  const QueueRecord record = inserted();
  reopen();
  const RecordPtr found = find(record.recipient_id);
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(*found == record);
  EXPECT_EQ(find(values_.id<RecipientId>()), nullptr);
  EXPECT_EQ(state(record.recipient_id), QueueState{});
  EXPECT_EQ(head(record.recipient_id), nullptr);
  EXPECT_EQ(link(record.recipient_id), std::nullopt);
}

TEST_P(QueueStoreConformance, RecordWithEveryOptionalPart) {
  const QueueRecord record = inserted(full_record());
  reopen();
  const RecordPtr found = find(record.recipient_id);
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(*found == record);
}

TEST_P(QueueStoreConformance, EachOptionalPartAlone) {
  std::vector<QueueRecord> records(8);
  for (auto& record : records) record = values_.record(backend::QueueMode::none);
  records[0].sender_key = values_.key();
  records[1].notifier = values_.notifier();
  records[2].link_id = values_.id<LinkId>();
  records[3].mode = backend::QueueMode::contact;
  records[4].status = backend::QueueStatus::off;
  records[5].status = backend::QueueStatus::blocked;
  records[6].recipient_keys.assign(255, values_.key(crypto::KeyKind::ed448));
  records[7].status = backend::QueueStatus::blocked;
  records[7].blocking.notice_json = std::string(5000, 'n');
  for (const auto& record : records) inserted(record);
  reopen();
  for (const auto& record : records) {
    const RecordPtr found = find(record.recipient_id);
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(*found == record) << "record " << &record - records.data();
  }
}

TEST_P(QueueStoreConformance, EveryIdLeadsToTheQueue) {
  const QueueRecord record = inserted(full_record());
  inserted(full_record());
  reopen();
  EXPECT_EQ(resolve(Role::recipient, record.recipient_id.view()), record.recipient_id);
  EXPECT_EQ(resolve(Role::sender, record.sender_id.view()), record.recipient_id);
  EXPECT_EQ(resolve(Role::notifier, record.notifier->id.view()), record.recipient_id);
  EXPECT_EQ(resolve(Role::link, record.link_id->view()), record.recipient_id);
}

TEST_P(QueueStoreConformance, AnIdOfOneRoleIsUnknownInTheOthers) {
  const QueueRecord record = inserted(full_record());
  for (const Role role : {Role::sender, Role::notifier, Role::link}) {
    EXPECT_EQ(resolve(role, record.recipient_id.view()), std::nullopt);
  }
  for (const Role role : {Role::recipient, Role::notifier, Role::link}) {
    EXPECT_EQ(resolve(role, record.sender_id.view()), std::nullopt);
  }
  for (const Role role : {Role::recipient, Role::sender, Role::link}) {
    EXPECT_EQ(resolve(role, record.notifier->id.view()), std::nullopt);
  }
  for (const Role role : {Role::recipient, Role::sender, Role::notifier}) {
    EXPECT_EQ(resolve(role, record.link_id->view()), std::nullopt);
  }
}

TEST_P(QueueStoreConformance, UpdateReplacesTheRecord) {
  const QueueRecord before = inserted();
  QueueRecord after = before;
  after.sender_key = values_.key();
  after.status = backend::QueueStatus::off;
  after.recipient_keys.push_back(values_.key(crypto::KeyKind::x25519));
  after.version = 2;
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(before, after).ok()); });
  reopen();
  EXPECT_TRUE(*find(before.recipient_id) == after);
  EXPECT_EQ(resolve(Role::sender, before.sender_id.view()), before.recipient_id);
  EXPECT_EQ(totals().queues, 1U);
}

TEST_P(QueueStoreConformance, UpdateAddsMovesAndRemovesTheOtherIds) {
  const QueueRecord bare = inserted();
  QueueRecord first = bare;
  first.notifier = values_.notifier();
  first.link_id = values_.id<LinkId>();
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(bare, first).ok()); });
  reopen();
  EXPECT_EQ(resolve(Role::notifier, first.notifier->id.view()), bare.recipient_id);
  EXPECT_EQ(resolve(Role::link, first.link_id->view()), bare.recipient_id);

  QueueRecord second = bare;
  second.notifier = values_.notifier();
  second.link_id = values_.id<LinkId>();
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(first, second).ok()); });
  reopen();
  EXPECT_EQ(resolve(Role::notifier, first.notifier->id.view()), std::nullopt);
  EXPECT_EQ(resolve(Role::link, first.link_id->view()), std::nullopt);
  EXPECT_EQ(resolve(Role::notifier, second.notifier->id.view()), bare.recipient_id);
  EXPECT_EQ(resolve(Role::link, second.link_id->view()), bare.recipient_id);

  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(second, bare).ok()); });
  reopen();
  EXPECT_EQ(resolve(Role::notifier, second.notifier->id.view()), std::nullopt);
  EXPECT_EQ(resolve(Role::link, second.link_id->view()), std::nullopt);
  EXPECT_TRUE(*find(bare.recipient_id) == bare);
}

TEST_P(QueueStoreConformance, UpdateKeepsMessagesAndLinkData) {
  const QueueRecord before = inserted();
  const auto sent = appended(before, 3);
  const LinkBlob blob = values_.link();
  QueueRecord after = before;
  after.link_id = values_.id<LinkId>();
  after.version = 2;
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.put_link(before.recipient_id, blob).ok());
    EXPECT_TRUE(transaction.update(before, after).ok());
  });
  reopen();
  EXPECT_EQ(link(before.recipient_id), blob);
  EXPECT_EQ(messages(before.recipient_id), ids(sent));
}

TEST_P(QueueStoreConformance, EraseRemovesEverythingOfTheQueueAndNothingElse) {
  const QueueRecord gone = inserted(full_record());
  const QueueRecord stays = inserted(full_record());
  for (const auto& record : {gone, stays}) {
    commit([&](QueueTransaction& transaction) {
      EXPECT_TRUE(transaction.put_link(record.recipient_id, values_.link()).ok());
    });
  }
  appended(gone, 2);
  const auto kept = appended(stays, 2);
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.erase(gone).ok()); });
  reopen();

  EXPECT_EQ(find(gone.recipient_id), nullptr);
  EXPECT_EQ(resolve(Role::recipient, gone.recipient_id.view()), std::nullopt);
  EXPECT_EQ(resolve(Role::sender, gone.sender_id.view()), std::nullopt);
  EXPECT_EQ(resolve(Role::notifier, gone.notifier->id.view()), std::nullopt);
  EXPECT_EQ(resolve(Role::link, gone.link_id->view()), std::nullopt);
  EXPECT_TRUE(*find(stays.recipient_id) == stays);
  EXPECT_EQ(resolve(Role::sender, stays.sender_id.view()), stays.recipient_id);
  EXPECT_TRUE(link(stays.recipient_id).has_value());
  EXPECT_EQ(messages(stays.recipient_id), ids(kept));
  EXPECT_EQ(totals(), (StoreTotals{.queues = 1, .messages = 2}));
}

TEST_P(QueueStoreConformance, EraseWithManyMessages) {
  const QueueRecord record = inserted();
  for (int i = 0; i < 10; ++i) appended(record, 500);
  EXPECT_EQ(totals().messages, 5000U);
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.erase(record).ok()); });
  reopen();
  EXPECT_EQ(totals(), StoreTotals{});
  EXPECT_EQ(expire_all(kTestSeconds + 1), 0U);
}

TEST_P(QueueStoreConformance, ErasedIdsCanBeUsedAgainAndHoldNothingOfTheFormerQueue) {
  const QueueRecord record = inserted(full_record());
  appended(record, 5);
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.put_link(record.recipient_id, values_.link()).ok());
    EXPECT_TRUE(transaction.append(record.recipient_id, values_.quota_marker(), true).ok());
  });
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.erase(record).ok()); });
  reopen();
  QueueRecord again = record;
  again.version = 1;
  again.notifier.reset();
  inserted(again);
  EXPECT_EQ(state(record.recipient_id), QueueState{});
  EXPECT_EQ(head(record.recipient_id), nullptr);
  EXPECT_EQ(link(record.recipient_id), std::nullopt);
  EXPECT_EQ(resolve(Role::notifier, record.notifier->id.view()), std::nullopt);

  const auto sent = appended(again, 2, kTestSeconds + 100);
  EXPECT_EQ(expire_all(kTestSeconds + 50), 0U);
  reopen();
  EXPECT_EQ(messages(record.recipient_id), ids(sent));
  EXPECT_EQ(totals(), (StoreTotals{.queues = 1, .messages = 2}));
}

TEST_P(QueueStoreConformance, EraseAndInsertAgainInOneTransaction) {
  const QueueRecord record = inserted();
  appended(record, 4);
  const MessagePtr message = values_.message();
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.erase(record).ok());
    EXPECT_TRUE(transaction.insert(record).ok());
    EXPECT_EQ(value(transaction.state(record.recipient_id)), QueueState{});
    EXPECT_EQ(value(transaction.head(record.recipient_id)), nullptr);
    EXPECT_TRUE(transaction.append(record.recipient_id, message, false).ok());
  });
  reopen();
  EXPECT_EQ(messages(record.recipient_id), std::vector{message->id});
  EXPECT_EQ(totals(), (StoreTotals{.queues = 1, .messages = 1}));
}

}  // namespace sotto::queue
