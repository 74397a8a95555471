#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "services/notification/domain/notification_directory_conformance.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/storage/redis/redis_notifications.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/redis/redis_cluster.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::notification {
namespace {

constexpr SessionRef kPhone{.gateway = 1, .connection = 1};
constexpr SessionRef kTablet{.gateway = 2, .connection = 2};

std::unique_ptr<redis::Client> connect(redis::Options options) {
  auto client = redis::Client::start(std::move(options)).value();
  EXPECT_TRUE(client->wait_connected(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
  return client;
}

// A directory with the client that it needs.
class OwnedDirectory final : public NotificationDirectory {
 public:
  OwnedDirectory(redis::Options redis, std::size_t max_pending)
      : client_(connect(std::move(redis))), directory_(*client_, {.max_pending = max_pending}) {}
  Placed place(std::span<Bundle> bundles) override { return directory_.place(bundles); }
  std::vector<Listened> listen(std::span<const Listen> requests) override { return directory_.listen(requests); }
  ListenedService listen_service(const backend::Service& service, SessionRef session, bool resume) override {
    return directory_.listen_service(service, session, resume);
  }
  Result<TakenPage> take_service(const ServiceId& service) override { return directory_.take_service(service); }
  Result<std::vector<ServiceStatus>> services() override { return directory_.services(); }
  Removed remove(const NotifierRef& notifier) override { return directory_.remove(notifier); }
  void end_session(SessionRef session) override { directory_.end_session(session); }
  void forget_session(SessionRef session) override { directory_.forget_session(session); }
  [[nodiscard]] std::size_t subscribed() const override { return directory_.subscribed(); }
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override { return directory_.expire(cutoff, limit); }
  void close() override { directory_.close(); }

 private:
  std::unique_ptr<redis::Client> client_;
  RedisNotifications directory_;
};

template <class Server>
class RedisFactory final : public NotificationDirectoryFactory {
 public:
  std::unique_ptr<NotificationDirectory> open(std::size_t max_pending) override {
    return std::make_unique<OwnedDirectory>(server_.client_options(), max_pending);
  }

 private:
  Server server_;
};

const auto kBoth = testing::Values(
    NotificationDirectoryUnderTest{"redis", [] { return std::make_unique<RedisFactory<test::RedisServer>>(); }},
    NotificationDirectoryUnderTest{"cluster", [] { return std::make_unique<RedisFactory<test::RedisCluster>>(); }});
INSTANTIATE_TEST_SUITE_P(Redis, NotificationDirectoryConformance, kBoth, name_of_directory);
INSTANTIATE_TEST_SUITE_P(Redis, NotificationDirectoryServices, kBoth, name_of_directory);
INSTANTIATE_TEST_SUITE_P(Redis, SharedNotificationDirectoryConformance, kBoth, name_of_directory);

TEST(NotificationValue, IsAsWritten) {
  Notification notification;
  notification.nonce.fill(0xab);
  notification.seconds = 0x0102030405060708;
  notification.encrypted_meta = Bytes{0xcd, 0xef};
  EXPECT_EQ(to_hex(encode_notification(notification)), "01" + to_hex(notification.nonce) + "0102030405060708cdef");
}

TEST(NotificationValue, RoundTripsAndIsStrict) {
  const Notification before_1970 = test_notification(2, -5);
  const Bytes value = encode_notification(before_1970);
  EXPECT_EQ(decode_notification(value), before_1970);
  const std::size_t shortest = value.size() - before_1970.encrypted_meta.size();
  for (std::size_t size = 0; size < shortest; ++size) EXPECT_FALSE(decode_notification(ByteView(value).first(size)));
  Bytes newer = value;
  newer[0] = 2;
  EXPECT_FALSE(decode_notification(newer));
}

// The sink of a replica: keeps what was delivered, in order.
class RecordingSink final : public backend::EventSink {
 public:
  using Events = std::vector<std::pair<SessionRef, backend::Event>>;
  void deliver(SessionRef session, backend::Event event) override {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(session, std::move(event));
  }
  void resume(std::function<bool(SessionRef)> /*concerned*/) override {}
  Events take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  Events events_;
};

// What a queue service has of notifications. Collected ones leave when flush() is called.
struct Replica {
  explicit Replica(redis::Options redis) : client(connect(std::move(redis))) {}
  RecordingSink::Events flush() {
    hub.flush_now();
    return sink.take();
  }
  // Returns when the directory was asked for all that was pushed.
  void collect() { hub.expire_now(); }

  std::unique_ptr<redis::Client> client;
  RecordingSink sink;
  ManualClock clock;
  RedisNotifications directory{*client, {}};
  NotificationHub hub{directory, sink, clock, {.interval = std::chrono::hours(1)}};
};

std::vector<int> numbers(const backend::Event& event) {
  std::vector<int> out;
  const auto* notified = std::get_if<backend::Notified>(&event);
  if (notified == nullptr) return out;
  for (const auto& each : notified->notifications) out.push_back(each.nonce[0]);
  return out;
}

class NotificationReplicas : public testing::Test {
 protected:
  [[nodiscard]] Notification fresh(std::uint8_t number) const {
    return test_notification(number, unix_seconds(first_.clock.system_now()));
  }

  test::RedisServer server_;
  Replica first_{server_.client_options()};
  Replica second_{server_.client_options()};
  const NotifierId notifier_ = test_notifier(1);
  const NotifierId other_ = test_notifier(2);
};

TEST_F(NotificationReplicas, APushReachesTheSubscriberOfAnotherReplica) {
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  EXPECT_TRUE(first_.flush().empty());
  second_.hub.push({notifier_}, fresh(1));
  second_.hub.push({notifier_}, fresh(2));
  second_.hub.push({other_}, fresh(9));
  const auto got = second_.flush();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].first, kPhone);
  EXPECT_EQ(numbers(got[0].second), (std::vector{1, 2}));
  EXPECT_EQ(second_.hub.counters().delivered, 2U);
  EXPECT_EQ(second_.hub.counters().stored, 1U);
}

TEST_F(NotificationReplicas, WhatIsPendingFollowsTheSubscriptionElsewhere) {
  first_.hub.push({notifier_}, fresh(1));
  first_.flush();
  second_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  const auto got = second_.flush();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0].second), std::vector{1});
}

TEST_F(NotificationReplicas, TakeOverElsewhereEndsTheFormerAndTakesWhatIsCollected) {
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  first_.hub.push({notifier_}, fresh(1));
  first_.collect();
  first_.hub.push({notifier_}, fresh(2));
  first_.collect();
  second_.hub.subscribe({notifier_}, std::nullopt, kTablet, false, {});
  const auto told = second_.flush();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].first, kPhone);
  EXPECT_TRUE(std::holds_alternative<backend::Ended>(told[0].second));
  const auto got = first_.flush();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].first, kTablet);
  EXPECT_EQ(numbers(got[0].second), (std::vector{1, 2}));
}

TEST_F(NotificationReplicas, WhatNobodyGotWaitsForTheNext) {
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  first_.flush();
  second_.hub.push({notifier_}, fresh(1));
  second_.collect();
  first_.hub.end_session(kPhone);
  first_.hub.remove({other_}, kPhone);  // an answer from Redis, behind the end of the session
  first_.flush();
  EXPECT_TRUE(second_.flush().empty());
  first_.hub.subscribe({notifier_}, std::nullopt, kTablet, false, {});
  const auto got = first_.flush();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0].second), std::vector{1});
}

// It goes on listening: another replica looks after it.
TEST_F(NotificationReplicas, ASessionThatIsForgottenListensAsBefore) {
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  first_.flush();
  first_.hub.forget_session(kPhone);
  first_.hub.end_session(kPhone);
  first_.flush();
  EXPECT_EQ(first_.hub.counters().subscribed, 0U);
  second_.hub.push({notifier_}, fresh(1));
  const auto got = second_.flush();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].first, kPhone);
}

TEST_F(NotificationReplicas, RemovedCredentialsAreToldToTheirSubscriber) {
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  first_.flush();
  second_.hub.remove({notifier_}, kTablet);
  const auto got = second_.flush();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].first, kPhone);
  EXPECT_TRUE(std::holds_alternative<backend::Deleted>(got[0].second));
}

TEST_F(NotificationReplicas, RedisAwayCostsNotificationsOnly) {
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  first_.flush();
  server_.kill();
  first_.hub.push({notifier_}, fresh(1));
  first_.hub.subscribe({other_}, std::nullopt, kPhone, false, {});
  first_.hub.remove({other_}, kPhone);
  first_.hub.end_session(kTablet);
  EXPECT_TRUE(first_.flush().empty());
  EXPECT_EQ(first_.hub.counters().store_failures, 3U);
  server_.start();
  EXPECT_TRUE(first_.client->wait_connected(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, true, {});
  first_.hub.push({notifier_}, fresh(2));
  const auto got = first_.flush();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(numbers(got[0].second), std::vector{2});
}

TEST_F(NotificationReplicas, KeysHaveALifetime) {
  first_.hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
  first_.hub.push({other_}, fresh(1));
  first_.flush();
  const redis::Reply keys = server_.execute(redis::Command("KEYS").arg("*"));
  ASSERT_EQ(keys.array().size(), 6U) << "one who listens, what waits, and four of the index";
  for (const auto& key : keys.array()) {
    EXPECT_GT(server_.execute(redis::Command("PTTL").key(key.text())).integer(), 80'000'000);
  }
}

TEST_F(NotificationReplicas, StoppingDeliversWhatIsCollected) {
  RecordingSink sink;
  {
    NotificationHub hub(first_.directory, sink, first_.clock, {.interval = std::chrono::hours(1)});
    hub.subscribe({notifier_}, std::nullopt, kPhone, false, {});
    hub.push({notifier_}, fresh(1));
    hub.push({notifier_}, fresh(2));
  }
  // Nobody ended the session: it is on its gateway still.
  const auto got = sink.take();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].first, kPhone);
  EXPECT_EQ(numbers(got[0].second), (std::vector{1, 2}));
}

}  // namespace
}  // namespace sotto::notification
