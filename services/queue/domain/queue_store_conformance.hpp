// The conformance suite of QueueStore: what every storage engine must do. A storage folder's test program includes this
// header in exactly one of its files, and instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, QueueStoreConformance, testing::Values(StoreUnderTest{"memory", make_factory}));
//
// Every test commits, calls reopen() and then looks: a durable store is closed and opened again in between, so that all
// of the suite also proves what survives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(QueueStoreConformance);

// ---- records and id maps

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

// ---- link data

TEST_P(QueueStoreConformance, LinkDataIsKeptReplacedAndErased) {
  const QueueRecord record = inserted();
  const QueueRecord other = inserted();
  const LinkBlob first{.fixed = values_.bytes(1), .user = {}};
  const LinkBlob second{.fixed = values_.bytes(2008), .user = values_.bytes(13784)};
  const LinkBlob of_other = values_.link();
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.put_link(record.recipient_id, first).ok());
    EXPECT_TRUE(transaction.put_link(other.recipient_id, of_other).ok());
  });
  reopen();
  EXPECT_EQ(link(record.recipient_id), first);
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.put_link(record.recipient_id, second).ok());
    EXPECT_EQ(value(transaction.link(record.recipient_id)), second);
  });
  reopen();
  EXPECT_EQ(link(record.recipient_id), second);
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.erase_link(record.recipient_id).ok());
    EXPECT_EQ(value(transaction.link(record.recipient_id)), std::nullopt);
  });
  reopen();
  EXPECT_EQ(link(record.recipient_id), std::nullopt);
  EXPECT_EQ(link(other.recipient_id), of_other);
}

TEST_P(QueueStoreConformance, ErasingLinkDataThatIsNotThereIsFine) {
  const QueueRecord record = inserted();
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.erase_link(record.recipient_id).ok()); });
  EXPECT_EQ(link(record.recipient_id), std::nullopt);
}

// ---- messages

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

// ---- expiry

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

// ---- transactions

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

TEST_P(QueueStoreConformance, TouchedQueuesAreAHintOnly) {
  const QueueRecord named = inserted();
  const QueueRecord unnamed = inserted();
  const auto nobody = values_.id<RecipientId>();
  using Need = Touch::Need;
  std::vector<Touch> touched;
  for (const auto need : {Need::record, Need::state, Need::head, Need::change, Need::pop, Need::absent}) {
    touched.push_back({Role::recipient, named.recipient_id.bytes, need});
    touched.push_back({Role::recipient, nobody.bytes, need});
  }
  auto transaction = begin(touched);
  EXPECT_TRUE(*value(transaction->find(named.recipient_id)) == named);
  EXPECT_TRUE(*value(transaction->find(unnamed.recipient_id)) == unnamed);
  EXPECT_EQ(value(transaction->find(nobody)), nullptr);
  EXPECT_EQ(value(transaction->state(named.recipient_id)), QueueState{});
  EXPECT_EQ(value(transaction->head_id(named.recipient_id)), std::nullopt);
  EXPECT_TRUE(transaction->append(unnamed.recipient_id, values_.message(), false).ok());
  EXPECT_TRUE(transaction->commit().ok());
  EXPECT_EQ(state(unnamed.recipient_id).messages, 1U);
}

TEST_P(QueueStoreConformance, HintsByEveryIdAndNeed) {
  const QueueRecord record = inserted(full_record());
  const auto sent = appended(record, 3);
  const auto taken = inserted(full_record());
  reopen();
  using Need = Touch::Need;
  const std::vector<Touch> touched = {
      {Role::sender, record.sender_id.bytes, Need::record},
      {Role::notifier, record.notifier->id.bytes, Need::record},
      {Role::link, record.link_id->bytes, Need::record},
      {Role::recipient, record.recipient_id.bytes, Need::pop},
      {Role::sender, taken.sender_id.bytes, Need::absent},
      {Role::notifier, taken.notifier->id.bytes, Need::absent},
      {Role::link, values_.id<LinkId>().bytes, Need::absent},
      {Role::sender, values_.id<SenderId>().bytes, Need::record},
      {Role::recipient, taken.recipient_id.bytes, Need::change},
      {Role::recipient, values_.id<RecipientId>().bytes, Need::fresh},
      {Role::sender, values_.id<SenderId>().bytes, Need::fresh},
  };
  auto transaction = begin(touched);
  EXPECT_EQ(value(transaction->resolve(Role::sender, record.sender_id.view())), record.recipient_id);
  EXPECT_EQ(value(transaction->resolve(Role::notifier, record.notifier->id.view())), record.recipient_id);
  EXPECT_EQ(value(transaction->resolve(Role::link, record.link_id->view())), record.recipient_id);
  EXPECT_TRUE(*value(transaction->find(record.recipient_id)) == record);
  EXPECT_EQ(value(transaction->resolve(Role::sender, taken.sender_id.view())), taken.recipient_id);
  EXPECT_EQ(value(transaction->resolve(Role::notifier, taken.notifier->id.view())), taken.recipient_id);
  EXPECT_EQ(value(transaction->resolve(Role::link, touched[6].id)), std::nullopt);
  EXPECT_EQ(value(transaction->resolve(Role::sender, touched[7].id)), std::nullopt);
  EXPECT_EQ(value(transaction->resolve(Role::recipient, touched[9].id)), std::nullopt);
  EXPECT_EQ(value(transaction->resolve(Role::sender, touched[10].id)), std::nullopt);
  EXPECT_EQ(value(transaction->head_id(record.recipient_id)), sent[0]->id);
  EXPECT_TRUE(transaction->pop(record.recipient_id).ok());
  EXPECT_TRUE(*value(transaction->head(record.recipient_id)) == *sent[1]);
  EXPECT_TRUE(transaction->commit().ok());
  EXPECT_EQ(head(record.recipient_id)->id, sent[1]->id);
}

TEST_P(QueueStoreConformance, ChangesByTheSenderId) {
  const QueueRecord first = inserted();
  const QueueRecord second = inserted();
  const auto nobody = values_.id<SenderId>();
  using Need = Touch::Need;
  const std::vector<Touch> touched = {
      {Role::sender, second.sender_id.bytes, Need::change},
      {Role::sender, nobody.bytes, Need::change},
      {Role::sender, first.sender_id.bytes, Need::change},
      {Role::sender, first.sender_id.bytes, Need::change},
      {Role::recipient, second.recipient_id.bytes, Need::change},
      {Role::sender, second.sender_id.bytes, Need::record},
      {Role::recipient, values_.id<RecipientId>().bytes, Need::pop},
  };
  QueueRecord secured = first;
  secured.sender_key = values_.key();
  ++secured.version;
  QueueRecord off = second;
  off.status = backend::QueueStatus::off;
  ++off.version;
  {
    auto transaction = begin(touched);
    EXPECT_EQ(value(transaction->resolve(Role::sender, nobody.view())), std::nullopt);
    EXPECT_EQ(value(transaction->resolve(Role::sender, first.sender_id.view())), first.recipient_id);
    EXPECT_EQ(value(transaction->resolve(Role::sender, second.sender_id.view())), second.recipient_id);
    EXPECT_TRUE(*value(transaction->find(first.recipient_id)) == first);
    EXPECT_TRUE(transaction->update(first, secured).ok());
    EXPECT_TRUE(transaction->update(second, off).ok());
    EXPECT_TRUE(transaction->commit().ok());
  }
  reopen();
  EXPECT_TRUE(*value(begin()->find(first.recipient_id)) == secured);
  EXPECT_TRUE(*value(begin()->find(second.recipient_id)) == off);
}

TEST_P(QueueStoreConformance, ASenderKeyAndThenMoreInOneTransaction) {
  const QueueRecord record = inserted();
  QueueRecord secured = record;
  secured.sender_key = values_.key();
  ++secured.version;
  QueueRecord off = secured;
  off.status = backend::QueueStatus::off;
  ++off.version;
  auto transaction = begin();
  EXPECT_TRUE(transaction->update(record, secured).ok());
  EXPECT_TRUE(transaction->update(secured, off).ok());
  EXPECT_TRUE(transaction->commit().ok());
  reopen();
  EXPECT_TRUE(*value(begin()->find(record.recipient_id)) == off);
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

// ---- maintenance

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

// ---- services

TEST_P(QueueStoreConformance, ServicesAreKnownByTheirCertificates) {
  const auto made = [&](char role) {
    Service service{.id = values_.id<ServiceId>(), .role = role};
    const Bytes hash = values_.bytes(service.certificate_hash.size());
    std::copy(hash.begin(), hash.end(), service.certificate_hash.begin());
    return service;
  };
  const Service service = made('M');
  const Service other = made('N');
  drop([&](QueueTransaction& transaction) { EXPECT_EQ(value(transaction.know_service(service)), service); });
  commit([&](QueueTransaction& transaction) {
    EXPECT_EQ(value(transaction.know_service(other)), other);
    EXPECT_EQ(value(transaction.know_service(service)), service);
    EXPECT_EQ(value(transaction.know_service(service)), service);
  });
  reopen();
  Service changed = service;
  changed.role = 'P';
  commit([&](QueueTransaction& transaction) {
    EXPECT_EQ(value(transaction.know_service(changed)), service) << "the first one stays";
    EXPECT_EQ(value(transaction.know_service(other)), other);
  });
}

TEST_P(QueueStoreConformance, CountsAndHashesOfServicesFollowTheirQueues) {
  const auto service = values_.id<ServiceId>();
  const auto other = values_.id<ServiceId>();
  const auto ids = [&](const ServiceId& id) { return value(begin()->service_ids(id)); };
  const auto of_service = [&](const ServiceId& id) {
    QueueRecord record = values_.record();
    record.service = id;
    return inserted(record);
  };
  EXPECT_EQ(ids(service), IdSet{});
  const QueueRecord first = of_service(service);
  const QueueRecord second = of_service(service);
  IdSet expected;
  expected.add(first.recipient_id.view());
  expected.add(second.recipient_id.view());
  reopen();
  EXPECT_EQ(ids(service), expected);

  // From one service to another, and to none; a change of something else changes nothing.
  QueueRecord moved = first;
  moved.service = other;
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.update(first, moved).ok());
    EXPECT_EQ(value(transaction.service_ids(other)).count, 1) << "within the transaction";
  });
  QueueRecord secured = moved;
  secured.sender_key = values_.key();
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(moved, secured).ok()); });
  expected.remove(first.recipient_id.view());
  IdSet of_other;
  of_other.add(first.recipient_id.view());
  reopen();
  EXPECT_EQ(ids(service), expected);
  EXPECT_EQ(ids(other), of_other);
  QueueRecord alone = secured;
  alone.service.reset();
  commit([&](QueueTransaction& transaction) {
    EXPECT_TRUE(transaction.update(secured, alone).ok());
    EXPECT_TRUE(transaction.erase(second).ok());
  });
  reopen();
  EXPECT_EQ(ids(service), IdSet{});
  EXPECT_EQ(ids(other), IdSet{});
}

TEST_P(QueueStoreConformance, NotifiersCountForTheirServices) {
  const auto service = values_.id<ServiceId>();
  const auto ids = [&] { return value(begin()->service_ids(service)); };
  QueueRecord record = values_.record();
  record.notifier = values_.notifier();
  inserted(record);
  QueueRecord joined = record;
  joined.notifier->service = service;
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(record, joined).ok()); });
  IdSet expected;
  expected.add(record.notifier->id.view());
  reopen();
  EXPECT_EQ(ids(), expected);
  EXPECT_EQ(find(record.recipient_id)->notifier->service, service);
  EXPECT_TRUE(value(begin()->list_service(service, {}, 10)).with_messages.empty());
  // Other credentials of the same service.
  QueueRecord replaced = joined;
  replaced.notifier = values_.notifier();
  replaced.notifier->service = service;
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(joined, replaced).ok()); });
  expected = {};
  expected.add(replaced.notifier->id.view());
  EXPECT_EQ(ids(), expected);
  QueueRecord without = replaced;
  without.notifier.reset();
  commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.update(replaced, without).ok()); });
  reopen();
  EXPECT_EQ(ids(), IdSet{});
}

TEST_P(QueueStoreConformance, QueuesOfAServiceAreListedPageByPage) {
  const auto service = values_.id<ServiceId>();
  std::vector<RecipientId> all;
  std::vector<RecipientId> with_messages;
  for (int i = 0; i < 25; ++i) {
    QueueRecord record = values_.record();
    if (i % 5 != 4) record.service = service;
    inserted(record);
    if (i % 3 == 0) appended(record, 2);
    if (!record.service) continue;
    all.push_back(record.recipient_id);
    if (i % 3 == 0) with_messages.push_back(record.recipient_id);
  }
  std::sort(all.begin(), all.end());
  std::sort(with_messages.begin(), with_messages.end());
  reopen();
  std::vector<RecipientId> found;
  RecipientId after;
  for (bool more = true; more;) {
    const ServicePage page = value(begin()->list_service(service, after, 6));
    found.insert(found.end(), page.with_messages.begin(), page.with_messages.end());
    EXPECT_GT(page.last, after);
    after = page.last;
    more = page.more;
  }
  EXPECT_EQ(found, with_messages);
  EXPECT_EQ(after, all.back());
  const ServicePage behind = value(begin()->list_service(service, all.back(), 6));
  EXPECT_FALSE(behind.more);
  EXPECT_TRUE(behind.with_messages.empty());
  EXPECT_EQ(value(begin()->list_service(service, {}, 100)).with_messages, with_messages);
  EXPECT_TRUE(value(begin()->list_service(values_.id<ServiceId>(), {}, 100)).with_messages.empty());
}

}  // namespace sotto::queue
