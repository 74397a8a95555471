// Of the conformance suite of QueueStore (queue_store_conformance.hpp): link data.
#pragma once

#include <optional>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

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

}  // namespace sotto::queue
