// Section 9: notification services: notifiers that belong to one, NSUBS, ENDS, and how NMSG are packed.
#include <algorithm>
#include <set>

#include "libs/backend/id_set.hpp"
#include "tests/conformance/service_conformance.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

class Section9NotificationServices : public Section5Service {
 protected:
  std::unique_ptr<SyncClient> notifier_service(const transport::Credentials& credentials) {
    return connect_as(credentials, ServiceRole::notifier);
  }
  std::vector<QueueHandle> create(std::size_t count) {
    std::vector<QueueHandle> queues;
    for (std::size_t i = 0; i < count; ++i) {
      queues.push_back(must(client->create_queue()));
      EXPECT_TRUE(client->add_notifier(queues.back()));
    }
    return queues;
  }
  static backend::IdSet set_of(const std::vector<QueueHandle>& queues) {
    backend::IdSet ids;
    for (const auto& queue : queues) ids.add(queue.notifier->id.view());
    return ids;
  }
  static void expect_soks(SyncClient& service, const backend::IdSet& ids) {
    const auto answer = must(service.command(nullptr, {}, smp::Nsubs{ids.count, ids.hash}));
    ASSERT_EQ(text_of(answer), "SOKS");
    EXPECT_EQ(answer.get<smp::Soks>()->count, ids.count);
    if (version() >= smp::kVersionServiceHash) {
      EXPECT_TRUE(equal(answer.get<smp::Soks>()->ids_hash, ids.hash));
    }
  }
  static void expect_event(SyncClient& client, const std::string& text, ByteView entity_id) {
    const auto event = must(client.wait_event());
    EXPECT_EQ(text_of(event), text);
    EXPECT_TRUE(equal(event.entity_id, entity_id));
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section9NotificationServices, testing::Values<smp::Version>(16, 17, 18, 19, 20),
                         version_name);

TEST_P(Section9NotificationServices, NsubTakesANotifierIntoTheServiceAndAPlainOneOutOfIt) {
  const auto queues = create(1);
  const auto& notifier = *queues[0].notifier;
  const auto plain = connect();
  ASSERT_TRUE(plain->subscribe_notifications(queues[0]));
  const auto service = notifier_service(self_signed());
  const auto answer = must(service->request(notifier.nsub()));
  ASSERT_EQ(text_of(answer), "SOK");
  ASSERT_TRUE(answer.get<smp::Sok>()->service_id);
  EXPECT_TRUE(equal(*answer.get<smp::Sok>()->service_id, service->connection().service_id()->view()));
  expect_event(*plain, "END", notifier.id.view());
  ASSERT_TRUE(client->send(queues[0], "ding", "T"));
  EXPECT_TRUE(service->next_notification(queues[0]).ok());
  expect_soks(*service, set_of(queues));

  ASSERT_TRUE(plain->subscribe_notifications(queues[0]));
  expect_event(*service, "END", notifier.id.view());
  ASSERT_TRUE(client->send(queues[0], "dong", "T"));
  EXPECT_TRUE(plain->next_notification(queues[0]).ok());
  expect_soks(*service, {});
}

TEST_P(Section9NotificationServices, NsubsSubscribesToAllAndBringsWhatWaits) {
  const auto queues = create(3);
  const auto credentials = self_signed();
  {
    const auto service = notifier_service(credentials);
    for (const auto& queue : queues) ASSERT_EQ(ask(*service, queue.notifier->nsub()), "SOK");
  }
  // Nobody listens once the server knows that the connection is gone.
  ASSERT_TRUE(falls_to(server, "smp_service_subscriptions", 0));
  for (const auto& queue : queues) ASSERT_TRUE(client->send(queue, "while nobody listened", "T"));
  const auto service = notifier_service(credentials);
  expect_soks(*service, set_of(queues));
  for (const auto& queue : queues) EXPECT_TRUE(service->next_notification(queue).ok());
  for (const auto& queue : queues) ASSERT_TRUE(client->send(queue, "now", "T"));
  for (const auto& queue : queues) EXPECT_TRUE(service->next_notification(queue).ok());

  const auto other = notifier_service(credentials);
  expect_soks(*other, set_of(queues));
  const auto event = must(service->wait_event());
  ASSERT_EQ(text_of(event), "ENDS");
  EXPECT_TRUE(equal(event.entity_id, service->connection().service_id()->view()));
  EXPECT_EQ(event.get<smp::Ends>()->count, 3);
  ASSERT_TRUE(client->send(queues[0], "to the other", "T"));
  EXPECT_TRUE(other->next_notification(queues[0]).ok());
  EXPECT_EQ(service->pending_events(), 0U);
}

TEST_P(Section9NotificationServices, CredentialsThatGoAreTold) {
  auto queues = create(2);
  const auto service = notifier_service(self_signed());
  for (const auto& queue : queues) ASSERT_EQ(ask(*service, queue.notifier->nsub()), "SOK");
  const auto former = queues[0].notifier->id;
  ASSERT_TRUE(client->add_notifier(queues[0]));
  expect_event(*service, "DELD", former.view());
  expect_soks(*service, set_of({queues[1]}));
  EXPECT_EQ(ask(*client, queues[1].del()), "OK");
  expect_event(*service, "DELD", queues[1].notifier->id.view());
  EXPECT_EQ(ask(*service, queues[0].notifier->nsub()), "SOK") << "the new credentials belong to no service yet";
  expect_soks(*service, set_of({queues[0]}));
}

class Section9NotificationBlocks : public Section9NotificationServices {};
INSTANTIATE_TEST_SUITE_P(Versions, Section9NotificationBlocks, testing::Values<smp::Version>(18, 20), version_name);

TEST_P(Section9NotificationBlocks, AThousandComeInAsFewAsHoldThem) {
  constexpr std::size_t kQueues = 1000;
  constexpr std::size_t kAtOnce = 50;
  const auto credentials = self_signed();
  std::vector<QueueHandle> queues;
  {
    const auto service = notifier_service(credentials);
    while (queues.size() < kQueues) {
      for (std::size_t i = 0; i < kAtOnce; ++i) {
        queues.push_back(must(client->create_queue({.subscribe = false, .notifier = true})));
      }
      std::vector<Request> nsubs;
      for (auto queue = queues.end() - kAtOnce; queue != queues.end(); ++queue) {
        nsubs.push_back(queue->notifier->nsub());
      }
      const auto answers = must(service->request(nsubs));
      for (const auto& answer : answers) ASSERT_EQ(text_of(must(answer)), "SOK");
    }
  }
  ASSERT_TRUE(falls_to(server, "smp_service_subscriptions", 0));
  for (const auto& queue : queues) ASSERT_TRUE(client->send(queue, "ding", "T"));

  RawSession session(server, transport::Alpn::smp, credentials);
  const auto service_key = new_key();
  auto hello = session.client_hello(version());
  hello.service = smp::ClientService{ServiceRole::notifier, credentials.chain,
                                     crypto::make_signed_key(service_key.public_key(), credentials.key)};
  const auto reply = session.service_hello(hello);
  ASSERT_TRUE(std::holds_alternative<ServiceId>(reply));
  const auto id = std::get<ServiceId>(reply);
  const auto ids = set_of(queues);
  Bytes nsubs;
  smp::encode(smp::Command(smp::Nsubs{ids.count, ids.hash}), version(), nsubs);
  session.send({session.transmission(&service_key, "1", id.view(), nsubs)});

  const auto blocks = session.read_blocks(1 + kQueues);
  std::set<NotifierId> notified;
  std::size_t most = 0;
  std::size_t count = 0;
  for (const auto& block : blocks) {
    std::size_t notifications = 0;
    for (const auto& answer : block) {
      if (answer.text != "NMSG") continue;
      ++notifications;
      notified.insert(*NotifierId::from(answer.entity_id));
    }
    most = std::max(most, notifications);
    count += notifications > 0 ? 1 : 0;
  }
  EXPECT_EQ(notified.size(), kQueues) << "each once";
  EXPECT_GE(most, 70U);
  EXPECT_EQ(count, (kQueues + most - 1) / most);
}

}  // namespace
}  // namespace sotto::test
