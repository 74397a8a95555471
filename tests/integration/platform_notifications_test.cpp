// Notifications of a platform with notification services: two gateways, each with a queue service of its own, each of
// those attached to another notification service. The notifier is connected to the gateway that the queue's owner is
// not connected to. Real processes, which are killed.
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;
using client::QueueHandle;
using client::SyncClient;

Platform::Options with_notifications() {
  Platform::Options options;
  options.notification_services = 2;
  options.one_service_each = true;
  options.durable = false;
  return options;
}

// Sends and receives from one gateway to the other, without end; counts what went wrong.
class Talker {
 public:
  explicit Talker(const Platform& platform)
      : thread_([this, &platform] {
          const auto recipient = platform.connect(1);
          const auto sender = platform.connect(0);
          const auto queue = must(recipient->create_queue());
          for (int i = 0; !over_; ++i) {
            const auto text = std::to_string(i);
            if (!sender->send(queue, text, "T", 60s)) ++faults_;
            const auto message = recipient->next_message(queue, 60s);
            if (!message || message->text() != text || !recipient->ack(queue, *message, 60s)) ++faults_;
            ++passed_;
          }
        }) {}
  ~Talker() {
    over_ = true;
    thread_.join();
  }
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  [[nodiscard]] int faults() const { return faults_; }
  [[nodiscard]] int passed() const { return passed_; }
  void wait_more() const {
    wait_until("messages to go on", [this, before = passed()] { return passed() > before + 20; });
  }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> faults_{0};
  std::atomic<int> passed_{0};
  std::thread thread_;
};

class PlatformNotifications : public testing::Test {
 protected:
  PlatformNotifications() {
    for (std::size_t i = 0; i < 2; ++i) wait_attached(i, true);
  }

  void wait_attached(std::size_t queue_service, bool attached) {
    wait_until("queue service " + std::to_string(queue_service) + (attached ? " to attach" : " to notice"), [&] {
      return platform.queue_service(queue_service).metric("smp_notification_service_connected") == (attached ? 1 : 0);
    });
  }
  QueueHandle new_queue() {
    auto queue = must(owner->create_queue());
    EXPECT_TRUE(owner->add_notifier(queue));
    return queue;
  }
  // The id of the message.
  MessageId send(const QueueHandle& queue, std::string_view flags = "T") {
    EXPECT_TRUE(sender->send(queue, "hello", flags, 60s));
    const auto message = must(owner->next_message(queue, 60s));
    EXPECT_TRUE(owner->ack(queue, message, 60s));
    return message.id;
  }
  void expect_notification(const QueueHandle& queue, const MessageId& id) {
    EXPECT_TRUE(equal(must(notifier->next_notification(queue, 30s)).message_id, id.view()));
  }
  // Sends until a notification comes: what is lost while a service or Redis is away is lost.
  void wait_notifications(const QueueHandle& queue) {
    wait_until("notifications to come again", [&] {
      send(queue);
      return notifier->next_notification(queue, 200ms).ok();
    });
  }

  Platform platform{with_notifications()};
  std::unique_ptr<SyncClient> owner = platform.connect(0);
  std::unique_ptr<SyncClient> sender = platform.connect(1);
  std::unique_ptr<SyncClient> notifier = platform.connect(1);
};

TEST_F(PlatformNotifications, NameTheMessageAndItsTime) {
  const auto queue = new_queue();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  ASSERT_TRUE(sender->send(queue, "silent", "F"));
  const auto silent = must(owner->next_message(queue));
  ASSERT_TRUE(owner->ack(queue, silent));
  ASSERT_TRUE(sender->send(queue, "ding", "T"));
  const auto ding = must(owner->next_message(queue));
  const auto meta = must(notifier->next_notification(queue));
  EXPECT_TRUE(equal(meta.message_id, ding.id.view())) << "the flag of the first one said no";
  EXPECT_EQ(meta.seconds, std::get<smp::ReceivedMessage>(ding.content).seconds);
  EXPECT_EQ(notifier->pending_events(), 0U);
}

TEST_F(PlatformNotifications, ThatNobodyListenedToWaitForTheNotifier) {
  const auto queue = new_queue();
  std::vector<MessageId> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(send(queue));
  wait_until("all to be kept", [&] {
    double stored = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      stored += platform.notification_service(i).metric("smp_notifications_stored_total");
    }
    return stored == 10;
  });
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  for (const auto& id : ids) expect_notification(queue, id);
  expect_notification(queue, send(queue));
}

TEST_F(PlatformNotifications, NewCredentialsNoCredentialsAndNoQueueAreTold) {
  auto queue = new_queue();
  const auto former = *queue.notifier;
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  ASSERT_TRUE(owner->add_notifier(queue));
  EXPECT_EQ(next_event(*notifier), "DELD");
  EXPECT_EQ(ask(*notifier, former.nsub()), "ERR AUTH");
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  expect_notification(queue, send(queue));
  EXPECT_EQ(ask(*owner, queue.by_recipient(smp::Ndel{})), "OK");
  EXPECT_EQ(next_event(*notifier), "DELD");
  const auto other = new_queue();
  ASSERT_TRUE(notifier->subscribe_notifications(other));
  EXPECT_EQ(ask(*owner, other.del()), "OK");
  EXPECT_EQ(next_event(*notifier), "DELD");
}

TEST_F(PlatformNotifications, AnotherConnectionTakesOver) {
  const auto queue = new_queue();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const auto next = platform.connect(0);
  ASSERT_TRUE(next->subscribe_notifications(queue));
  EXPECT_EQ(next_event(*notifier), "END");
  const auto id = send(queue);
  EXPECT_TRUE(equal(must(next->next_notification(queue)).message_id, id.view()));
}

TEST_F(PlatformNotifications, WithoutServicesMessagesGoOnAndNotificationsFollow) {
  const auto queue = new_queue();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const auto other = new_queue();
  const Talker talker(platform);
  talker.wait_more();
  for (std::size_t i = 0; i < 2; ++i) platform.notification_service(i).kill();
  for (std::size_t i = 0; i < 2; ++i) wait_attached(i, false);
  const auto id = send(queue);
  ASSERT_TRUE(notifier->subscribe_notifications(other)) << "it is registered when a service is back";
  talker.wait_more();
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(platform.queue_service(i).probe("/readyz"), 200);
  for (std::size_t i = 0; i < 2; ++i) platform.notification_service(i).start();
  expect_notification(queue, id);
  wait_notifications(other);
  wait_notifications(queue);
  talker.wait_more();
  EXPECT_EQ(talker.faults(), 0);
}

TEST_F(PlatformNotifications, TheOtherServiceTakesOver) {
  const auto queue = new_queue();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const Talker talker(platform);
  for (std::size_t i = 0; i < 2; ++i) {
    platform.notification_service(i).kill();
    wait_until("both to attach to the other one",
               [&] { return platform.notification_service(1 - i).metric("smp_notification_clients") == 2; });
    wait_notifications(queue);
    platform.notification_service(i).start();
  }
  talker.wait_more();
  EXPECT_EQ(talker.faults(), 0);
}

TEST_F(PlatformNotifications, AServiceThatIsStoppedLosesNone) {
  const auto queue = new_queue();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  std::set<std::string> sent;
  const auto send_some = [&] {
    for (int k = 0; k < 5; ++k) sent.insert(to_hex(send(queue).view()));
  };
  for (std::size_t i = 0; i < 2; ++i) {
    send_some();
    EXPECT_EQ(platform.notification_service(i).stop(), 0);
    send_some();
    platform.notification_service(i).start();
  }
  // The order is that of each service.
  std::set<std::string> came;
  while (came.size() < sent.size()) came.insert(to_hex(must(notifier->next_notification(queue, 30s)).message_id));
  EXPECT_EQ(came, sent);
}

// Redis has no data when it is back: who listens is said again.
TEST_F(PlatformNotifications, ComeAgainAfterRedis) {
  const auto queue = new_queue();
  ASSERT_TRUE(notifier->subscribe_notifications(queue));
  const Talker talker(platform);
  talker.wait_more();
  platform.redis().kill();
  wait_until("the services to notice", [&] {
    return platform.notification_service(0).probe("/readyz") == 503 &&
           platform.notification_service(1).probe("/readyz") == 503;
  });
  platform.redis().start();
  wait_until("the services to be ready", [&] {
    return platform.notification_service(0).probe("/readyz") == 200 &&
           platform.notification_service(1).probe("/readyz") == 200;
  });
  wait_notifications(queue);
  talker.wait_more();
  EXPECT_EQ(talker.faults(), 0);
}

Platform::Options administered() {
  auto options = with_notifications();
  options.auth_services = 1;
  options.gateways = 1;
  options.queue_services = 1;
  options.tls = true;
  return options;
}

TEST(AdministeredNotifications, AreSeenWhereAdministratorsAsk) {
  Platform platform{administered()};
  const auto owner = platform.connect(0);
  auto queue = must(owner->create_queue());
  ASSERT_TRUE(owner->add_notifier(queue));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(owner->send(queue, "hello", "T"));
  const auto status = [&] {
    std::string output;
    platform.sotto({"notification", "status", "--server=" + platform.admin_address(0)}, &output);
    return output;
  };
  wait_until("both replicas to see what waits", [&] {
    const auto said = status();
    return said.find("replicas    2 of 2\nsubscribed  0\npending     3, 3 of them") != std::string::npos;
  });
  ASSERT_TRUE(owner->subscribe_notifications(queue));
  wait_until("both replicas to see that it is taken", [&] {
    const auto said = status();
    return said.find("subscribed  1\npending     0, 0 of them") != std::string::npos &&
           said.find("delivered   3\n") != std::string::npos;
  });
  platform.notification_service(0).kill();
  EXPECT_THAT(status(), testing::HasSubstr("replicas    1 of 2"));
  platform.notification_service(1).kill();
  EXPECT_THAT(status(), testing::HasSubstr("no replica of the notification service answers"));
}

}  // namespace
}  // namespace sotto::test
