// Services of a platform: two gateways, each with a queue service of its own. The service's connections are on one
// gateway or the other; whoever sends is on the other one. Real processes, which are killed.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/backend/id_set.hpp"
#include "tests/integration/service_with_queues.hpp"
#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using client::QueueHandle;
using client::SyncClient;
using std::chrono::seconds;

class PlatformServices : public testing::Test {
 protected:
  static Platform::Options two_of_each() {
    Platform::Options options;
    options.notification_services = 2;
    options.one_service_each = true;
    options.durable = false;
    return options;
  }
  std::unique_ptr<SyncClient> connect_as(std::size_t gateway, smp::ServiceRole role) {
    auto options = platform.options(gateway);
    options.service = client::ServiceIdentity{role, credentials};
    auto service = std::make_unique<SyncClient>();
    must(service->connect(std::move(options)));
    return service;
  }
  static Result<client::Received> nsubs(SyncClient& service, const backend::IdSet& ids) {
    return service.command(nullptr, {}, smp::Nsubs{ids.count, ids.hash});
  }

  Platform platform{two_of_each()};
  const transport::Credentials credentials = service_certificate();
};

TEST_F(PlatformServices, TakeOverBetweenGatewaysAndGoOnAfterKills) {
  constexpr auto kMessaging = smp::ServiceRole::messaging;
  const auto first = connect_as(0, kMessaging);
  std::vector<QueueHandle> queues;
  backend::IdSet ids;
  for (int i = 0; i < 3; ++i) {
    queues.push_back(must(first->create_queue()));
    ids.add(queues.back().recipient_id.view());
  }
  const auto service = connect_as(1, kMessaging);
  expect_soks(subs(*service, ids), ids);
  const auto ends = must(first->wait_event());
  ASSERT_EQ(text_of(ends), "ENDS");
  EXPECT_EQ(ends.get<smp::Ends>()->count, 3);
  EXPECT_TRUE(equal(ends.get<smp::Ends>()->ids_hash, ids.hash));
  ASSERT_EQ(next_event(*service), "ALLS");

  // From the other gateway, to each of the queues.
  const auto send_all = [&](const std::string& text) {
    const auto sender = platform.connect(0);
    for (const auto& queue : queues) ASSERT_TRUE(sender->send(queue, text));
    for (const auto& queue : queues) {
      const auto message = must(service->next_message(queue, seconds(60)));
      EXPECT_EQ(message.text(), text);
      ASSERT_TRUE(service->ack(queue, message));
    }
  };
  send_all("before");
  platform.redis().kill();
  platform.redis().start();
  send_all("after Redis lost everything");
  for (std::size_t i = 0; i < 2; ++i) platform.queue_service(i).kill();
  for (std::size_t i = 0; i < 2; ++i) platform.queue_service(i).start();
  send_all("after both queue services");
  EXPECT_EQ(first->pending_events(), 0U);
}

TEST_F(PlatformServices, NotifierServicesGoOnAfterKills) {
  const auto owner = platform.connect(0);
  std::vector<QueueHandle> queues;
  for (int i = 0; i < 3; ++i) {
    queues.push_back(must(owner->create_queue({.subscribe = false})));
    ASSERT_TRUE(owner->add_notifier(queues.back()));
  }
  backend::IdSet ids;
  for (const auto& queue : queues) ids.add(queue.notifier->id.view());
  constexpr auto kNotifier = smp::ServiceRole::notifier;
  const auto first = connect_as(0, kNotifier);
  for (const auto& queue : queues) ASSERT_EQ(ask(*first, queue.notifier->nsub()), "SOK");
  const auto service = connect_as(1, kNotifier);
  expect_soks(nsubs(*service, ids), ids);
  ASSERT_EQ(next_event(*first), "ENDS");

  const auto notify_all = [&] {
    for (const auto& queue : queues) ASSERT_TRUE(owner->send(queue, "ding", "T"));
    for (const auto& queue : queues) ASSERT_TRUE(service->next_notification(queue, seconds(60)).ok());
  };
  notify_all();
  for (std::size_t i = 0; i < 2; ++i) platform.notification_service(i).kill();
  for (std::size_t i = 0; i < 2; ++i) platform.notification_service(i).start();
  // Until the service's session is registered again, what is sent waits.
  notify_all();
  EXPECT_EQ(first->pending_events(), 0U);
}

TEST_F(PlatformServices, AHundredThousandQueuesAreSubscribedWithOneCommand) {
  constexpr std::int64_t kQueues = 100'000;
  constexpr std::size_t kWithMessages = 1000;
  std::vector<QueueHandle> queues;
  std::string service_id;
  {
    const auto service = connect_as(0, smp::ServiceRole::messaging);
    service_id = to_hex(service->connection().service_id()->view());
    queues = create_queues(*service, kWithMessages);
  }
  wait_until("the service to be gone", [this] { return platform.gateway(0).metric("smp_service_subscriptions") == 0; });
  // The others come into the database by themselves, and with them what the service has.
  platform.postgres().execute(
      "CREATE TEMPORARY TABLE made AS SELECT decode(md5('a' || i) || substr(md5('b' || i), 1, 16), 'hex') AS id "
      "FROM generate_series(1, " +
          std::to_string(kQueues - static_cast<std::int64_t>(kWithMessages)) +
          ") i;"
          "INSERT INTO queues (recipient_id, version, sender_id, mode, status, blocking_reason, blocking_notice, "
          "recipient_keys, sealing_key, recipient_secret, head_sequence, next_sequence, is_full, unordered, "
          "last_seconds, "
          "recipient_service) SELECT id, 1, id, 1, 0, 0, '', '\\x00', 1, '\\x00', 0, 0, false, false, 0, "
          "decode('" +
          service_id +
          "', 'hex') FROM made;"
          "INSERT INTO service_totals SELECT decode('" +
          service_id +
          "', 'hex'), 99, count(*), "
          "bit_xor(('x' || substr(md5(id), 1, 16))::bit(64)::bigint), bit_xor(('x' || substr(md5(id), "
          "17))::bit(64)::bigint) "
          "FROM made; ANALYZE queues",
      "sotto");
  backend::IdSet ids;
  {
    const auto all =
        platform.postgres().execute("SELECT string_agg(encode(recipient_id, 'hex'), '') FROM queues", "sotto");
    ASSERT_EQ(all.size(), 2 * kIdSize * static_cast<std::size_t>(kQueues));
    for (std::size_t at = 0; at < all.size(); at += 2 * kIdSize) ids.add(must(from_hex(all.substr(at, 2 * kIdSize))));
  }
  send_to_each(*platform.connect(1), queues);

  const auto service = connect_as(0, smp::ServiceRole::messaging);
  const auto before = resident(platform.gateway(0).pid());
  expect_all_subscribed(*service, ids, queues);
  // What is delivered and not acknowledged is remembered; all else stays in the database.
  EXPECT_LT(resident(platform.gateway(0).pid()), before + (std::size_t{16} << 20U));
  EXPECT_EQ(platform.gateway(0).metric(R"(smp_service_subscribe_total{drift="none"})"), 1);
}

}  // namespace
}  // namespace sotto::test
