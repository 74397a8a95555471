// Of the conformance suite of QueueStore (queue_store_conformance.hpp): what a transaction is told that it will touch
// (Touch) is a hint, and changes no answer.
#pragma once

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

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
  const QueueRecord secured = with_sender_key(first);
  const QueueRecord off = switched_off(second);
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

}  // namespace sotto::queue
