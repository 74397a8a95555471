// Of the conformance suite of QueueStore (queue_store_conformance.hpp): services, and the sets of queues and notifiers
// that are theirs.
#pragma once

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store_fixture.hpp"

namespace sotto::queue {

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
