// The conformance suite of NotificationStore: what every storage engine must do. A storage folder's test program
// includes this header in one of its files and instantiates the suite.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/notification/domain/notification_store.hpp"
#include "services/notification/domain/test_notifications.hpp"

namespace sotto::notification {

// One per test. The first open() gives an empty store that keeps `max_pending` a notifier; later ones are made after
// the former store was destroyed: a durable store then holds what it held.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  virtual std::unique_ptr<NotificationStore> open(std::size_t max_pending) = 0;
  [[nodiscard]] virtual bool durable() const = 0;
};

struct StoreUnderTest {
  std::string name;
  std::function<std::unique_ptr<StoreFactory>()> make_factory;
  friend void PrintTo(const StoreUnderTest& store, std::ostream* out) { *out << store.name; }
};

class NotificationStoreConformance : public testing::TestWithParam<StoreUnderTest> {
 protected:
  static constexpr std::size_t kMaxPending = 5;

  void SetUp() override {
    factory_ = GetParam().make_factory();
    store_ = factory_->open(kMaxPending);
    ASSERT_NE(store_, nullptr);
  }
  void reopen() {
    if (!factory_->durable()) return;
    store_.reset();
    store_ = factory_->open(kMaxPending);
    ASSERT_NE(store_, nullptr);
  }
  std::uint64_t append(const NotifierId& notifier, std::vector<Notification> notifications) {
    std::vector<Pending> pending;
    for (auto& each : notifications) pending.push_back({notifier, std::move(each)});
    return value(store_->append(pending));
  }
  std::vector<Notification> take(const NotifierId& notifier) { return value(store_->take(notifier)); }
  Expired expire(std::int64_t cutoff, std::size_t limit = 1000) { return value(store_->expire(cutoff, limit)); }

  template <class T>
  static T value(Result<T> result) {
    if (!result.ok()) {
      ADD_FAILURE() << "the store failed: " << result.error().message;
      return T{};
    }
    return std::move(result).value();
  }

  std::unique_ptr<StoreFactory> factory_;
  std::unique_ptr<NotificationStore> store_;
  const NotifierId a_ = test_notifier(1);
  const NotifierId b_ = test_notifier(2);
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NotificationStoreConformance);

TEST_P(NotificationStoreConformance, NewStoreIsEmpty) {
  EXPECT_TRUE(take(a_).empty());
  EXPECT_TRUE(store_->remove({a_}));
  EXPECT_EQ(store_->totals(), StoreTotals{});
  EXPECT_EQ(store_->oldest(), std::nullopt);
  EXPECT_EQ(expire(1'000'000).notifications, 0U);
}

TEST_P(NotificationStoreConformance, TakeGivesAllInOrderOnce) {
  const std::vector sent = {test_notification(1), test_notification(2), test_notification(3)};
  append(a_, {sent[0]});
  append(b_, {test_notification(9)});
  append(a_, {sent[1], sent[2]});
  reopen();
  EXPECT_EQ(store_->totals(), (StoreTotals{.notifiers = 2, .notifications = 4}));
  EXPECT_EQ(take(a_), sent);
  EXPECT_TRUE(take(a_).empty());
  reopen();
  EXPECT_TRUE(take(a_).empty());
  EXPECT_EQ(take(b_).size(), 1U);
  EXPECT_EQ(store_->totals(), StoreTotals{});
}

TEST_P(NotificationStoreConformance, TheNewestAreKept) {
  std::vector<Notification> sent;
  for (std::uint8_t i = 0; i < 9; ++i) sent.push_back(test_notification(i));
  EXPECT_EQ(append(a_, {sent.begin(), sent.begin() + 4}), 0U);
  EXPECT_EQ(append(a_, {sent.begin() + 4, sent.end()}), 4U);
  reopen();
  EXPECT_EQ(store_->totals(), (StoreTotals{.notifiers = 1, .notifications = kMaxPending}));
  EXPECT_EQ(take(a_), (std::vector<Notification>{sent.begin() + 4, sent.end()}));
}

TEST_P(NotificationStoreConformance, RemoveTakesOneNotifierOnly) {
  append(a_, {test_notification(1), test_notification(2)});
  append(b_, {test_notification(3)});
  EXPECT_TRUE(store_->remove({a_}));
  reopen();
  EXPECT_TRUE(take(a_).empty());
  EXPECT_EQ(take(b_).size(), 1U);
}

TEST_P(NotificationStoreConformance, ExpiryTakesEachByItsTime) {
  append(a_, {test_notification(1, 100), test_notification(2, 200), test_notification(3, 150)});
  append(b_, {test_notification(4, 300)});
  reopen();
  EXPECT_EQ(expire(100).notifications, 0U);
  EXPECT_EQ(expire(151).notifications, 2U);
  reopen();
  EXPECT_EQ(store_->totals(), (StoreTotals{.notifiers = 2, .notifications = 2}));
  EXPECT_EQ(expire(151).notifications, 0U);
  EXPECT_EQ(expire(301).notifications, 2U);
  reopen();
  EXPECT_EQ(store_->totals(), StoreTotals{});
  EXPECT_TRUE(take(a_).empty());
}

TEST_P(NotificationStoreConformance, ExpiryStopsAtTheLimit) {
  for (std::uint8_t i = 0; i < 10; ++i)
    append(test_notifier(i), {test_notification(1, 100), test_notification(2, 101)});
  std::uint64_t removed = 0;
  int calls = 0;
  for (bool more = true; more; ++calls) {
    const Expired expired = expire(1000, 4);
    EXPECT_LE(expired.notifications, 5U);
    removed += expired.notifications;
    more = expired.more;
    ASSERT_LT(calls, 20);
  }
  EXPECT_EQ(removed, 20U);
  EXPECT_GE(calls, 4);
  EXPECT_EQ(store_->totals(), StoreTotals{});
}

TEST_P(NotificationStoreConformance, ExpiryForgetsWhatWasTakenOrDropped) {
  append(a_, {test_notification(1, 100)});
  take(a_);
  append(b_, {test_notification(0, 100)});
  for (std::uint8_t i = 1; i <= kMaxPending; ++i) append(b_, {test_notification(i, 500)});
  reopen();
  EXPECT_EQ(expire(400).notifications, 0U);
  EXPECT_EQ(take(b_).size(), kMaxPending);
}

TEST_P(NotificationStoreConformance, TheOldestIsKnownWhateverComesAndGoes) {
  const auto c = test_notifier(3);
  append(a_, {test_notification(1, 200), test_notification(2, 300)});
  append(b_, {test_notification(3, 150)});
  EXPECT_EQ(store_->oldest(), 150);
  append(c, {test_notification(4, 100)});
  EXPECT_EQ(store_->oldest(), 100) << "of a clock that was set back";
  append(c, {test_notification(5, 90)});
  EXPECT_EQ(store_->oldest(), 90);
  reopen();
  EXPECT_EQ(store_->oldest(), 90);
  take(c);
  EXPECT_EQ(store_->oldest(), 150);
  EXPECT_TRUE(store_->remove({b_}));
  EXPECT_EQ(store_->oldest(), 200);
  append(b_, {test_notification(6, 200)});
  EXPECT_EQ(expire(201).notifications, 2U);
  EXPECT_EQ(store_->oldest(), 300);
  for (std::uint8_t i = 1; i <= kMaxPending; ++i) append(a_, {test_notification(i, 400)});
  EXPECT_EQ(store_->oldest(), 400) << "those that are too many are gone";
  reopen();
  EXPECT_EQ(store_->oldest(), 400);
  take(a_);
  EXPECT_EQ(store_->oldest(), std::nullopt);
  append(c, {test_notification(7, 500)});
  EXPECT_EQ(store_->oldest(), 500);
}

TEST_P(NotificationStoreConformance, OfAServiceAreFoundByIt) {
  const ServiceId service{test_notifier(50).bytes};
  const ServiceId other{test_notifier(51).bytes};
  const auto append_to = [&](const NotifierId& notifier, std::optional<ServiceId> owner, std::uint8_t number) {
    const std::vector<Pending> pending{{notifier, test_notification(number), owner}};
    value(store_->append(pending));
  };
  append_to(a_, service, 1);
  append_to(a_, service, 2);
  append_to(b_, other, 3);
  for (std::uint8_t i = 10; i < 15; ++i) append_to(test_notifier(i), service, i);
  append_to(test_notifier(20), std::nullopt, 20);
  append_to(test_notifier(21), service, 21);
  EXPECT_TRUE(store_->remove({test_notifier(21), service}).ok());
  reopen();
  std::vector<NotifierId> found;
  for (bool more = true; more;) {
    const TakenPage page = value(store_->take_service(service, 2));
    EXPECT_LE(page.notifiers.size(), 2U);
    for (const auto& [notifier, pending] : page.notifiers) {
      found.push_back(notifier);
      EXPECT_EQ(pending.size(), notifier == a_ ? 2U : 1U);
    }
    more = page.more;
  }
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector{a_, test_notifier(10), test_notifier(11), test_notifier(12), test_notifier(13),
                                test_notifier(14)}));
  crypto::Fingerprint hash{};
  hash.fill(5);
  EXPECT_TRUE(store_->know_service(service, hash).ok());
  EXPECT_TRUE(store_->know_service(service, hash).ok());
  hash.fill(6);
  EXPECT_TRUE(store_->know_service(other, hash).ok());
  reopen();
  const auto services = value(store_->services());
  ASSERT_EQ(services.size(), 2U);
  for (const auto& each : services) {
    EXPECT_EQ(each.certificate_hash[31], each.id == service ? 5 : 6);
    EXPECT_EQ(each.notifiers, each.id == service ? 0U : 1U);
  }
  EXPECT_TRUE(value(store_->take_service(service, 10)).notifiers.empty());
  EXPECT_EQ(store_->totals(), (StoreTotals{2, 2}));
  EXPECT_EQ(take(b_).size(), 1U);
}

}  // namespace sotto::notification
