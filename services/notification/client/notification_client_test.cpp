// A queue service and the notification service, over gRPC: what is said arrives, and what breaks is made good.
#include "services/notification/client/notification_client.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "services/notification/api/test_notification_service.hpp"
#include "services/notification/domain/test_notifications.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::notification {
namespace {

using namespace std::chrono_literals;
using backend::Notification;
using backend::SessionRef;
using test::wait_until;

constexpr SessionRef kPhone{.gateway = 1, .connection = 10};
constexpr SessionRef kTablet{.gateway = 2, .connection = 20};

Notification fresh(std::uint8_t number) {
  return test_notification(number, unix_seconds(SystemClock().system_now()));
}

// The gateways: keeps what came for each session, and subscribes again when it is told to.
class Gateways final : public backend::EventSink {
 public:
  void deliver(SessionRef session, backend::Event event) override {
    const std::lock_guard lock(mutex_);
    if (const auto* notified = std::get_if<backend::Notified>(&event)) {
      for (const auto& each : notified->notifications) numbers_[session].push_back(each.nonce[0]);
    } else {
      others_[session].push_back(std::move(event));
    }
  }
  void resume(std::function<bool(SessionRef)> concerned) override {
    ++resumes;
    NotificationClient* client = client_;
    if (client == nullptr) return;
    for (const auto session : {kPhone, kTablet}) {
      if (concerned(session)) client->subscribe({notifier}, std::nullopt, session, true, [this] { ++resumed; });
    }
  }
  void use(NotificationClient* client) { client_ = client; }
  std::vector<int> numbers(SessionRef session) {
    const std::lock_guard lock(mutex_);
    return numbers_[session];
  }
  std::size_t others(SessionRef session) {
    const std::lock_guard lock(mutex_);
    return others_[session].size();
  }
  template <class Kind>
  bool got(SessionRef session) {
    const std::lock_guard lock(mutex_);
    const auto& events = others_[session];
    return !events.empty() && std::holds_alternative<Kind>(events.back());
  }

  const NotifierId notifier = test_notifier(1);
  std::atomic<int> resumes{0};
  std::atomic<int> resumed{0};

 private:
  std::atomic<NotificationClient*> client_{nullptr};
  std::mutex mutex_;
  std::map<SessionRef, std::vector<int>> numbers_;
  std::map<SessionRef, std::vector<backend::Event>> others_;
};

// Only what must fail has short times.
NotificationClientSettings settings(std::vector<std::string> targets) {
  NotificationClientSettings out;
  for (auto& target : targets) out.replicas.push_back({.target = std::move(target)});
  out.name = "queue-0";
  out.attach_timeout = 60s;
  out.register_timeout = 60s;
  out.backoff_first = 5ms;
  out.backoff_last = 50ms;
  out.stop_timeout = 60s;
  return out;
}

// One that knows its gateways.
struct Queue {
  Queue(Gateways& to, NotificationClientSettings with, std::uint64_t id = 7)
      : client(std::move(with), id, to), gateways(to) {
    gateways.use(&client);
  }
  ~Queue() {
    client.stop();
    gateways.use(nullptr);
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void wait_connected() {
    wait_until("the stream", [this] { return client.counters().connected == 1; });
  }
  // Returns when it is registered.
  void subscribe(const NotifierId& notifier, SessionRef session, bool resume = false) {
    std::atomic<bool> registered{false};
    client.subscribe({notifier}, std::nullopt, session, resume, [&] { registered = true; });
    wait_until("the subscription", [&] { return registered.load(); });
  }

  NotificationClient client;
  Gateways& gateways;
};

class Notifications : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  void wait_numbers(SessionRef session, const std::vector<int>& numbers) {
    wait_until("notifications", [&] { return gateways.numbers(session).size() >= numbers.size(); });
    EXPECT_EQ(gateways.numbers(session), numbers);
  }

  MemoryNotificationStore store;
  Gateways gateways;
  const NotifierId notifier = gateways.notifier;
  const NotifierId other = test_notifier(2);
};

TEST_F(Notifications, PendingOnesFollowTheSubscriptionAndNewOnesComeAtOnce) {
  TestNotificationService service(store);
  Queue queue(gateways, settings({service.target()}));
  queue.wait_connected();
  queue.client.push({notifier}, fresh(1));
  queue.client.push({other}, fresh(9));
  queue.client.push({notifier}, fresh(2));
  queue.subscribe(notifier, kPhone);
  wait_numbers(kPhone, {1, 2});
  queue.client.push({notifier}, fresh(3));
  wait_numbers(kPhone, {1, 2, 3});
  EXPECT_EQ(queue.client.counters().unregistered, 0U);
  EXPECT_EQ(service.counters().malformed, 0U);
}

TEST_F(Notifications, TakeOversAndRemovalsAreTold) {
  TestNotificationService service(store);
  Queue queue(gateways, settings({service.target()}));
  queue.wait_connected();
  queue.subscribe(notifier, kPhone);
  queue.subscribe(notifier, kTablet);
  wait_until("Ended", [&] { return gateways.got<backend::Ended>(kPhone); });
  queue.client.remove({notifier}, kPhone);
  wait_until("Deleted", [&] { return gateways.got<backend::Deleted>(kTablet); });
  queue.subscribe(other, kTablet);
  queue.client.end_session(kTablet);
  queue.client.push({other}, fresh(4));
  queue.subscribe(other, kPhone);
  wait_numbers(kPhone, {4});
  EXPECT_TRUE(gateways.numbers(kTablet).empty());
}

TEST_F(Notifications, EventsComeByTheStreamOfTheSubscription) {
  TestNotificationService service(store);
  Gateways others;
  Queue first(gateways, settings({service.target()}), 1);
  Queue second(others, settings({service.target()}), 2);
  first.wait_connected();
  second.wait_connected();
  first.subscribe(notifier, kPhone);
  second.subscribe(other, kTablet);
  first.client.push({other}, fresh(1));
  second.client.push({notifier}, fresh(2));
  wait_numbers(kPhone, {2});
  wait_until("the other one", [&] { return others.numbers(kTablet) == std::vector<int>{1}; });
  EXPECT_TRUE(others.numbers(kPhone).empty());
  EXPECT_TRUE(gateways.numbers(kTablet).empty());
}

// Whoever is attached knows the way to every gateway.
TEST_F(Notifications, EventsOfASessionWhoseStreamIsGoneGoByAnother) {
  TestNotificationService service(store);
  Gateways others;
  auto first = std::make_unique<Queue>(gateways, settings({service.target()}), 1);
  Queue second(others, settings({service.target()}), 2);
  first->wait_connected();
  second.wait_connected();
  first->subscribe(notifier, kPhone);
  first.reset();
  wait_until("it is gone", [&] { return service.counters().clients == 1; });
  second.client.push({notifier}, fresh(1));
  wait_until("the notification", [&] { return others.numbers(kPhone) == std::vector<int>{1}; });
}

TEST_F(Notifications, WithNobodyAttachedEventsAreCounted) {
  TestNotificationService service(store);
  {
    Queue queue(gateways, settings({service.target()}));
    queue.wait_connected();
    queue.subscribe(notifier, kPhone);
  }
  wait_until("it is gone", [&] { return service.counters().clients == 0; });
  service.hub().push({notifier}, fresh(1));
  service.hub().flush_now();
  EXPECT_EQ(service.counters().events_dropped, 1U);
}

TEST_F(Notifications, ALostServiceDelaysThemAndNothingElse) {
  auto service = std::make_unique<TestNotificationService>(store);
  const int port = service->port();
  Queue queue(gateways, settings({service->target()}));
  queue.wait_connected();
  queue.subscribe(notifier, kPhone);
  service->kill();
  wait_until("it is noticed", [&] { return queue.client.counters().connected == 0; });
  queue.client.push({notifier}, fresh(1));
  queue.subscribe(other, kTablet);  // at once, for nobody can say
  queue.client.push({notifier}, fresh(2));
  EXPECT_EQ(queue.client.counters().waiting, 2U);
  gateways.resumes = 0;
  service.reset();
  TestNotificationService again(store, port);
  wait_numbers(kPhone, {1, 2});
  EXPECT_GE(gateways.resumes, 1);
  EXPECT_EQ(queue.client.counters().waiting, 0U);
  EXPECT_EQ(queue.client.counters().dropped, 0U);
}

TEST_F(Notifications, SessionsThatEndedDoNotResume) {
  TestNotificationService service(store);
  Queue queue(gateways, settings({service.target()}));
  queue.wait_connected();
  queue.subscribe(notifier, kPhone);
  queue.subscribe(other, kTablet);
  queue.client.end_session(kTablet);
  service.server().resume({});
  wait_until("the phone resumes", [&] { return gateways.resumed >= 1; });
  service.server().resume({});
  wait_until("again", [&] { return gateways.resumed >= 2; });
  EXPECT_EQ(gateways.resumes, 2);
  EXPECT_EQ(gateways.resumed, 2);
  queue.client.end_session(kPhone);
  service.server().resume({});
  queue.client.push({notifier}, fresh(1));
  wait_until("it is stored", [&] { return service.hub().counters().stored == 1; });
  EXPECT_EQ(gateways.resumes, 2);
}

TEST_F(Notifications, TheNextReplicaIsUsed) {
  auto first = std::make_unique<TestNotificationService>(store);
  TestNotificationService second(store);
  Queue queue(gateways, settings({first->target(), second.target()}));
  queue.wait_connected();
  EXPECT_EQ(first->counters().clients, 1U);
  queue.subscribe(notifier, kPhone);
  first->kill();
  wait_until("the other one", [&] { return second.counters().clients == 1; });
  wait_until("the phone resumes", [&] { return gateways.resumed >= 1; });
  queue.client.push({notifier}, fresh(1));
  wait_numbers(kPhone, {1});
}

// They may be at another replica by now, and must not be counted twice.
TEST_F(Notifications, SessionsOfALostStreamAreForgotten) {
  TestNotificationService service(store);
  auto queue = std::make_unique<Queue>(gateways, settings({service.target()}), 1);
  queue->wait_connected();
  queue->subscribe(notifier, kPhone);
  queue->subscribe(other, kTablet);
  queue.reset();
  wait_until("it is gone", [&] { return service.counters().clients == 0; });
  service.server().forget_lost(1h);
  EXPECT_EQ(service.forgotten, 0);
  Queue again(gateways, settings({service.target()}), 2);
  again.wait_connected();
  again.subscribe(notifier, kPhone, true);
  service.server().forget_lost(0ms);
  EXPECT_EQ(service.forgotten, 1);
}

// What was said before it stopped is done, and what is collected comes.
TEST_F(Notifications, AServiceThatStopsLosesNothing) {
  auto first = std::make_unique<TestNotificationService>(store, 0, 1h);
  TestNotificationService second(store);
  Queue queue(gateways, settings({first->target(), second.target()}));
  queue.wait_connected();
  queue.subscribe(notifier, kPhone);
  std::vector<int> all;
  for (std::uint8_t i = 1; i <= 30; ++i) {
    queue.client.push({notifier}, fresh(i));
    all.push_back(i);
  }
  first->drain();
  wait_numbers(kPhone, all);
  wait_until("the other one", [&] { return second.counters().clients == 1; });
  EXPECT_EQ(queue.client.counters().dropped, 0U);
}

TEST_F(Notifications, WhatWaitsIsBounded) {
  auto with = settings({"ipv4:127.0.0.1:1"});
  with.max_waiting = 3;
  NotificationClient client(with, 7, gateways);
  for (std::uint8_t i = 0; i < 10; ++i) client.push({notifier}, fresh(i));
  EXPECT_EQ(client.counters().waiting, 3U);
  EXPECT_EQ(client.counters().dropped, 7U);
  wait_until("attempts fail", [&] { return client.counters().attempts_failed >= 2; });
  client.stop();
  EXPECT_EQ(client.counters().dropped, 10U);
}

// A hub that takes what it is told, and answers nothing.
class Silent final : public backend::NotificationBackend {
 public:
  void push(const backend::NotifierRef& /*notifier*/, backend::Notification /*notification*/) override {}
  void subscribe(const backend::NotifierRef& /*notifier*/, std::optional<backend::NotifierRef> /*former*/,
                 SessionRef /*session*/, bool /*resume*/, std::function<void()> /*registered*/) override {}
  void subscribe_service(const backend::Service& /*service*/, SessionRef /*session*/, bool /*resume*/,
                         std::function<void()> /*registered*/) override {}
  void remove(const backend::NotifierRef& /*notifier*/, SessionRef /*by*/) override {}
  void end_session(SessionRef /*session*/) override {}
};

TEST_F(Notifications, ASubscriptionThatIsNotAnsweredIsNotWaitedForLong) {
  Silent silent;
  NotificationServer server({});
  server.serve(silent, {});
  auto rpc = rpc::Server::start({.listen = {"127.0.0.1:0"}}, server.services()).value();
  auto with = settings({"ipv4:127.0.0.1:" + std::to_string(rpc->ports().front())});
  with.register_timeout = 50ms;
  {
    Queue queue(gateways, with);
    queue.wait_connected();
    queue.subscribe(notifier, kPhone);
    // Once more, when it came just as the stream did, and so was asked to resume.
    EXPECT_GE(queue.client.counters().unregistered, 1U);
    EXPECT_EQ(queue.client.counters().connected, 1U);
  }
  server.stop();
  rpc->shutdown(0ms);
}

TEST_F(Notifications, StoppingAnswersAllSubscriptions) {
  Silent silent;
  NotificationServer server({});
  server.serve(silent, {});
  auto rpc = rpc::Server::start({.listen = {"127.0.0.1:0"}}, server.services()).value();
  auto with = settings({"ipv4:127.0.0.1:" + std::to_string(rpc->ports().front())});
  with.stop_timeout = 1s;
  Queue queue(gateways, with);
  queue.wait_connected();
  std::atomic<int> registered{0};
  for (int i = 0; i < 5; ++i) queue.client.subscribe({notifier}, std::nullopt, kPhone, false, [&] { ++registered; });
  queue.client.stop();
  EXPECT_EQ(registered, 5);
  queue.client.subscribe({notifier}, std::nullopt, kPhone, false, [&] { ++registered; });
  EXPECT_EQ(registered, 6);
  server.stop();
  rpc->shutdown(0ms);
}

// Whatever it is doing, it ends, and each subscription was answered once.
TEST_F(Notifications, ComesAndGoesWhileTheServiceDoes) {
  int port = 0;
  {
    const TestNotificationService reserved(store);
    port = reserved.port();
  }
  std::atomic<bool> over{false};
  std::thread services([&] {
    while (!over) {
      TestNotificationService service(store, port);
      if (service.counters().streams == 0) std::this_thread::yield();
    }
  });
  std::atomic<int> registered{0};
  for (int i = 0; i < 50; ++i) {
    auto with = settings({"ipv4:127.0.0.1:" + std::to_string(port)});
    with.stop_timeout = 100ms;
    Queue queue(gateways, with);
    for (std::uint8_t k = 0; k < 5; ++k) {
      queue.client.push({notifier}, fresh(k));
      queue.client.subscribe({notifier}, std::nullopt, kPhone, false, [&] { ++registered; });
    }
  }
  over = true;
  services.join();
  EXPECT_EQ(registered, 250);
}

}  // namespace
}  // namespace sotto::notification
