#include "services/notification/domain/notification_hub.hpp"

#include <algorithm>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "services/notification/domain/test_notifications.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"

namespace sotto::notification {
namespace {

using backend::Deleted;
using backend::Ended;
using backend::Event;
using backend::Notified;
using backend::Role;
using backend::SessionRef;

constexpr SessionRef kPhone{.gateway = 0, .connection = 1};
constexpr SessionRef kTablet{.gateway = 0, .connection = 2};

// Keeps what was delivered, in order.
class RecordingSink final : public backend::EventSink {
 public:
  void deliver(SessionRef session, Event event) override {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(session, std::move(event));
  }
  void resume(std::function<bool(SessionRef)> /*concerned*/) override {}
  std::vector<std::pair<SessionRef, Event>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<SessionRef, Event>> events_;
};

class FailingStore final : public NotificationStore {
 public:
  Result<std::uint64_t> append(std::span<const Pending>) override { return failure(); }
  Result<std::vector<Notification>> take(const NotifierId&) override { return failure(); }
  Result<TakenPage> take_service(const ServiceId&, std::size_t) override { return failure(); }
  Status know_service(const ServiceId&, const crypto::Fingerprint&) override { return failure(); }
  Result<std::vector<ServiceWaiting>> services() override { return failure(); }
  Status remove(const NotifierRef&) override { return failure(); }
  Result<Expired> expire(std::int64_t, std::size_t) override { return failure(); }
  [[nodiscard]] StoreTotals totals() const override { return {}; }
  [[nodiscard]] std::optional<std::int64_t> oldest() const override { return std::nullopt; }

 private:
  static Error failure() { return Error{ErrorCode::unavailable, "on purpose"}; }
};

// Waits until it is let go: the hub's thread, for tests that need it busy.
class BlockingSink final : public backend::EventSink {
 public:
  void deliver(SessionRef, Event) override {
    entered.set_value();
    go_on.get_future().wait();
  }
  void resume(std::function<bool(SessionRef)> /*concerned*/) override {}
  std::promise<void> entered;
  std::promise<void> go_on;
};

class Hub : public testing::Test {
 protected:
  // Collected deliveries leave only when a test says so.
  static constexpr HubOptions kCollecting{.interval = std::chrono::hours(1)};
  static constexpr HubOptions kAtOnce{.interval = std::chrono::milliseconds(0)};

  void start(HubOptions options) { hub_.emplace(store_, sink_, clock_, options); }

  Notification fresh(std::uint8_t number) { return test_notification(number, unix_seconds(clock_.system_now())); }
  std::vector<std::pair<SessionRef, Event>> events() {
    hub_->flush_now();
    return sink_.take();
  }
  // Numbers of the notifications in the one event that came for this session and notifier.
  static std::vector<int> numbers(const std::pair<SessionRef, Event>& event, SessionRef session,
                                  const NotifierId& notifier) {
    EXPECT_EQ(event.first, session);
    const auto* notified = std::get_if<Notified>(&event.second);
    if (notified == nullptr) {
      ADD_FAILURE() << "another event";
      return {};
    }
    EXPECT_EQ(notified->notifier_id, notifier);
    std::vector<int> out;
    for (const auto& each : notified->notifications) out.push_back(each.nonce[0]);
    return out;
  }

  MemoryNotificationStore store_;
  RecordingSink sink_;
  ManualClock clock_;
  std::optional<NotificationHub> hub_;
  const NotifierId notifier_ = test_notifier(1);
  const NotifierId other_ = test_notifier(2);
};

TEST_F(Hub, CountsWhatItHasNow) {
  start(kCollecting);
  // What is counted is noted after the work is done.
  const auto soon = [this](std::uint64_t HubCounters::*counter, std::uint64_t value) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (hub_->counters().*counter != value && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return hub_->counters().*counter == value;
  };
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->subscribe({other_}, std::nullopt, kPhone, false, {});
  EXPECT_TRUE(soon(&HubCounters::subscribed, 2));
  for (std::uint8_t i = 1; i <= 3; ++i) hub_->push({notifier_}, fresh(i));
  hub_->push({other_}, fresh(4));
  EXPECT_TRUE(soon(&HubCounters::collected, 4));
  hub_->remove({other_}, kPhone);
  EXPECT_TRUE(soon(&HubCounters::collected, 3));
  EXPECT_TRUE(soon(&HubCounters::subscribed, 1));
  hub_->subscribe({notifier_}, std::nullopt, kTablet, false, {});
  EXPECT_TRUE(soon(&HubCounters::collected, 0));
  hub_->push({notifier_}, fresh(5));
  EXPECT_TRUE(soon(&HubCounters::collected, 1));
  hub_->flush_now();
  EXPECT_EQ(hub_->counters().collected, 0U);
  hub_->end_session(kTablet);
  EXPECT_TRUE(soon(&HubCounters::subscribed, 0));
}

TEST_F(Hub, WhatIsPendingFollowsTheSubscription) {
  start(kCollecting);
  hub_->push({notifier_}, fresh(1));
  hub_->push({other_}, fresh(9));
  hub_->push({notifier_}, fresh(2));
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  const auto got = events();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0], kPhone, notifier_), (std::vector{1, 2}));
  EXPECT_EQ(store_.totals(), (StoreTotals{.notifiers = 1, .notifications = 1}));
}

TEST_F(Hub, ASubscriptionWithNothingPendingIsSilent) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  EXPECT_TRUE(events().empty());
}

TEST_F(Hub, TheSubscriberIsRegisteredBeforeItsEventsCome) {
  start(kCollecting);
  hub_->push({notifier_}, fresh(1));
  std::promise<std::size_t> events_before;
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, [&] { events_before.set_value(sink_.take().size()); });
  EXPECT_EQ(events_before.get_future().get(), 0U);
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(Hub, PushesToASubscriberAreCollected) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->push({notifier_}, fresh(1));
  hub_->push({notifier_}, fresh(2));
  const auto got = events();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0], kPhone, notifier_), (std::vector{1, 2}));
  EXPECT_EQ(hub_->counters().stored, 0U);
  EXPECT_EQ(hub_->counters().delivered, 2U);
}

TEST_F(Hub, WithoutIntervalEachPushIsDelivered) {
  start(kAtOnce);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->push({notifier_}, fresh(1));
  hub_->push({notifier_}, fresh(2));
  EXPECT_EQ(events().size(), 2U);
}

TEST_F(Hub, ABurstIsDeliveredBeforeTheIntervalIsOver) {
  start({.interval = std::chrono::hours(1), .max_collected = 3});
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  for (std::uint8_t i = 1; i <= 4; ++i) hub_->push({notifier_}, fresh(i));
  const auto got = events();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(numbers(got[0], kPhone, notifier_), (std::vector{1, 2, 3}));
  EXPECT_EQ(numbers(got[1], kPhone, notifier_), (std::vector{4}));
}

TEST_F(Hub, TheIntervalEndsByItself) {
  // The only test with the real timer: it waits for the event and would hang without it.
  class NotifyingSink final : public backend::EventSink {
   public:
    void deliver(SessionRef, Event) override { came.set_value(); }
    void resume(std::function<bool(SessionRef)> /*concerned*/) override {}
    std::promise<void> came;
  } sink;
  NotificationHub hub(store_, sink, clock_, {.interval = std::chrono::milliseconds(1)});
  hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub.push({notifier_}, fresh(1));
  sink.came.get_future().wait();
}

TEST_F(Hub, AnotherSessionTakesOver) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->push({notifier_}, fresh(1));
  hub_->subscribe({notifier_}, std::nullopt, kTablet, false, {});
  hub_->push({notifier_}, fresh(2));
  const auto got = events();
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].first, kPhone);
  const auto* ended = std::get_if<Ended>(&got[0].second);
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->role, Role::notifier);
  EXPECT_EQ(ended->id, notifier_.bytes);
  EXPECT_EQ(numbers(got[1], kTablet, notifier_), (std::vector{1}));
  EXPECT_EQ(numbers(got[2], kTablet, notifier_), (std::vector{2}));
  // The former session's end takes nothing from the new one.
  hub_->end_session(kPhone);
  hub_->push({notifier_}, fresh(3));
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(Hub, SubscribingAgainIsNoTakeOver) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->push({notifier_}, fresh(1));
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  const auto got = events();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0], kPhone, notifier_), (std::vector{1}));
}

TEST_F(Hub, ResumeTakesOverFromAnOlderConnectionOnly) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kTablet, true, {});
  hub_->subscribe({notifier_}, std::nullopt, kPhone, true, {});
  hub_->push({notifier_}, fresh(1));
  auto got = events();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].first, kPhone);
  EXPECT_TRUE(std::holds_alternative<Ended>(got[0].second)) << "it has not heard that it lost the notifier";
  EXPECT_EQ(numbers(got[1], kTablet, notifier_), std::vector{1});

  hub_->subscribe({other_}, std::nullopt, kPhone, false, {});
  hub_->subscribe({other_}, std::nullopt, kTablet, true, {});
  got = events();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].first, kPhone);
  EXPECT_TRUE(std::holds_alternative<Ended>(got[0].second));
}

TEST_F(Hub, RemovedCredentialsAreToldToTheirSubscriber) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->push({notifier_}, fresh(1));
  hub_->remove({notifier_}, kTablet);
  hub_->push({notifier_}, fresh(2));
  const auto got = events();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].first, kPhone);
  const auto* deleted = std::get_if<Deleted>(&got[0].second);
  ASSERT_NE(deleted, nullptr);
  EXPECT_EQ(deleted->role, Role::notifier);
  EXPECT_EQ(deleted->id, notifier_.bytes);
}

TEST_F(Hub, WhoRemovesIsNotTold) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->remove({notifier_}, kPhone);
  EXPECT_TRUE(events().empty());
}

TEST_F(Hub, RemovalDropsWhatIsPending) {
  start(kCollecting);
  hub_->push({notifier_}, fresh(1));
  hub_->remove({notifier_}, kPhone);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(store_.totals(), StoreTotals{});
}

TEST_F(Hub, WhatASessionDidNotGetWaitsForTheNext) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->subscribe({other_}, std::nullopt, kPhone, false, {});
  hub_->push({notifier_}, fresh(1));
  hub_->end_session(kPhone);
  hub_->push({notifier_}, fresh(2));
  hub_->push({other_}, fresh(3));
  EXPECT_TRUE(events().empty());
  hub_->subscribe({notifier_}, std::nullopt, kTablet, false, {});
  hub_->subscribe({other_}, std::nullopt, kTablet, false, {});
  const auto got = events();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(numbers(got[0], kTablet, notifier_), (std::vector{1, 2}));
  EXPECT_EQ(numbers(got[1], kTablet, other_), (std::vector{3}));
}

TEST_F(Hub, WhatIsCollectedSurvivesARestart) {
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub_->push({notifier_}, fresh(1));
  hub_.reset();
  EXPECT_EQ(store_.totals().notifications, 1U);
  start(kCollecting);
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(Hub, PendingNotificationsExpire) {
  start({.interval = std::chrono::hours(1), .lifetime = std::chrono::hours(24)});
  hub_->push({notifier_}, fresh(1));
  clock_.advance(std::chrono::hours(1));
  hub_->push({notifier_}, fresh(2));
  clock_.advance(std::chrono::hours(23));
  hub_->expire_now();
  EXPECT_EQ(store_.totals().notifications, 2U) << "24 hours are not over";
  clock_.advance(std::chrono::seconds(1));
  hub_->expire_now();
  EXPECT_EQ(store_.totals().notifications, 1U);
  EXPECT_EQ(hub_->counters().expired, 1U);
}

TEST_F(Hub, ExpiredNotificationsAreNotDelivered) {
  start(kCollecting);
  hub_->push({notifier_}, fresh(1));
  hub_->flush_now();
  clock_.advance(std::chrono::hours(25));
  hub_->push({notifier_}, fresh(2));
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  const auto got = events();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0], kPhone, notifier_), (std::vector{2}));
}

TEST_F(Hub, ManyExpiredNotificationsAllGo) {
  start(kCollecting);
  for (int i = 0; i < 5000; ++i) {
    NotifierId notifier = notifier_;
    notifier.bytes[9] = static_cast<std::uint8_t>(i);
    notifier.bytes[10] = static_cast<std::uint8_t>(i >> 8);
    hub_->push({notifier}, fresh(1));
  }
  clock_.advance(std::chrono::hours(25));
  hub_->expire_now();
  EXPECT_EQ(store_.totals(), StoreTotals{});
  EXPECT_EQ(hub_->counters().expired, 5000U);
}

TEST_F(Hub, TooManyPendingDropTheOldest) {
  start(kCollecting);
  for (std::uint8_t i = 0; i < kDefaultMaxPending + 3; ++i) hub_->push({notifier_}, fresh(i));
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  const auto got = events();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0], kPhone, notifier_).front(), 3);
  EXPECT_EQ(hub_->counters().dropped_old, 3U);
}

TEST_F(Hub, WhenTheHubIsBusyTheOldestPushesAreDroppedAndNothingElse) {
  BlockingSink sink;
  NotificationHub hub(store_, sink, clock_, {.interval = std::chrono::milliseconds(0), .max_waiting_pushes = 3});
  hub.subscribe({other_}, std::nullopt, kPhone, false, {});
  hub.push({other_}, fresh(0));
  sink.entered.get_future().wait();
  for (std::uint8_t i = 1; i <= 5; ++i) hub.push({notifier_}, fresh(i));
  hub.remove({other_}, kPhone);
  for (std::uint8_t i = 6; i <= 7; ++i) hub.push({notifier_}, fresh(i));
  sink.go_on.set_value();
  hub.flush_now();
  EXPECT_EQ(hub.counters().dropped_overload, 4U);
  const auto kept = store_.take(notifier_).value();
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept.front().nonce[0], 5);
}

TEST_F(Hub, AFailingStoreCostsNotificationsOnly) {
  FailingStore failing;
  NotificationHub hub(failing, sink_, clock_, kAtOnce);
  hub.push({notifier_}, fresh(1));
  hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  hub.push({notifier_}, fresh(2));
  hub.remove({other_}, kPhone);
  hub.expire_now();
  const auto got = sink_.take();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0], kPhone, notifier_), (std::vector{2}));
  EXPECT_EQ(hub.counters().store_failures, 4U);
}

TEST_F(Hub, ManyThreadsMayCall) {
  start({.interval = std::chrono::milliseconds(1)});
  hub_->subscribe({notifier_}, std::nullopt, kPhone, false, {});
  std::vector<std::thread> threads;
  for (std::uint8_t t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 500; ++i) hub_->push({notifier_}, test_notification(t));
    });
  }
  for (auto& thread : threads) thread.join();
  std::size_t delivered = 0;
  for (const auto& event : events()) delivered += std::get<Notified>(event.second).notifications.size();
  EXPECT_EQ(delivered, 2000U);
}

}  // namespace
}  // namespace sotto::notification
