// Section 9: services: queues that belong to one, SUBS, ENDS, ALLS, what happens when queues come and go.
#include <map>
#include <set>

#include "libs/backend/id_set.hpp"
#include "tests/conformance/service_conformance.hpp"

namespace sotto::test {
namespace {

class Section9Services : public Section5Service {
 protected:
  static bool has_hash() { return version() >= smp::kVersionServiceHash; }

  static backend::IdSet set_of(const std::vector<QueueHandle>& queues) {
    backend::IdSet ids;
    for (const auto& queue : queues) ids.add(queue.recipient_id.view());
    return ids;
  }
  std::vector<QueueHandle> create(SyncClient& service, std::size_t count) {
    std::vector<QueueHandle> queues;
    for (std::size_t i = 0; i < count; ++i) queues.push_back(must(service.create_queue()));
    return queues;
  }
  // SUBS of a service that believes to have these.
  static client::Received subscribe_all(SyncClient& service, const backend::IdSet& expected) {
    return must(service.command(nullptr, {}, smp::Subs{expected.count, expected.hash}));
  }
  static void expect_soks(const client::Received& answer, const backend::IdSet& ids) {
    ASSERT_EQ(text_of(answer), "SOKS");
    EXPECT_EQ(answer.get<smp::Soks>()->count, ids.count);
    if (has_hash()) {
      EXPECT_TRUE(equal(answer.get<smp::Soks>()->ids_hash, ids.hash));
    }
  }
  // ENDS is the next event of a service that lost all of these.
  static void expect_ends(SyncClient& service, const backend::IdSet& ids) {
    const auto event = must(service.wait_event());
    ASSERT_EQ(text_of(event), "ENDS");
    EXPECT_TRUE(event.corr_id.empty());
    EXPECT_TRUE(equal(event.entity_id, service.connection().service_id()->view()));
    EXPECT_EQ(event.get<smp::Ends>()->count, ids.count);
    if (has_hash()) {
      EXPECT_TRUE(equal(event.get<smp::Ends>()->ids_hash, ids.hash));
    }
  }
  static void expect_event(SyncClient& client, const std::string& text, ByteView entity_id) {
    const auto event = must(client.wait_event());
    EXPECT_EQ(text_of(event), text);
    EXPECT_TRUE(equal(event.entity_id, entity_id));
  }
  // The answer to SUB, when it is SOK with this service.
  static void expect_sok(SyncClient& client, const QueueHandle& queue, const std::optional<ServiceId>& service) {
    const auto answer = must(client.request(queue.sub()));
    ASSERT_EQ(text_of(answer), "SOK");
    const auto& named = answer.get<smp::Sok>()->service_id;
    ASSERT_EQ(named.has_value(), service.has_value());
    if (service) {
      EXPECT_TRUE(equal(*named, service->view()));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section9Services, testing::Values<smp::Version>(16, 17, 18, 19, 20), version_name);

TEST_P(Section9Services, QueuesMadeInAServiceSessionBelongToIt) {
  const auto credentials = self_signed();
  const auto first = connect_as(credentials);
  const auto queues = create(*first, 3);
  for (const auto& queue : queues) EXPECT_EQ(queue.service_id, first->connection().service_id());
  ASSERT_TRUE(client->send(queues[0], "live"));
  EXPECT_EQ(must(first->next_message(queues[0])).text(), "live");

  const auto second = connect_as(credentials);
  expect_soks(subscribe_all(*second, set_of(queues)), set_of(queues));
  expect_ends(*first, set_of(queues));
  EXPECT_EQ(must(second->next_message(queues[0])).text(), "live") << "it was not acknowledged";
  EXPECT_EQ(next_event(*second), "ALLS");
  ASSERT_TRUE(client->send(queues[1], "later"));
  EXPECT_EQ(must(second->next_message(queues[1])).text(), "later");
  EXPECT_EQ(first->pending_events(), 0U);
}

TEST_P(Section9Services, SubsDeliversTheHeadOfEveryQueueOnceThenAlls) {
  const auto credentials = self_signed();
  auto queues = create(*connect_as(credentials), 30);
  for (std::size_t i = 0; i < queues.size(); i += 2) {
    for (const auto* text : {"first", "second"}) ASSERT_TRUE(client->send(queues[i], text));
  }
  const auto service = connect_as(credentials);
  expect_soks(subscribe_all(*service, set_of(queues)), set_of(queues));
  std::map<RecipientId, int> heads;
  for (;;) {
    const auto event = must(service->wait_event());
    if (text_of(event) == "ALLS") {
      EXPECT_TRUE(event.entity_id.empty());
      break;
    }
    ASSERT_EQ(text_of(event), "MSG");
    ++heads[*RecipientId::from(event.entity_id)];
  }
  for (std::size_t i = 0; i < queues.size(); ++i) EXPECT_EQ(heads[queues[i].recipient_id], i % 2 == 0 ? 1 : 0) << i;
  // The next one of each comes with the acknowledgement, and then nothing.
  for (std::size_t i = 0; i < queues.size(); i += 2) {
    const auto answer = must(service->request(queues[i].by_recipient(smp::Ack{})));
    ASSERT_EQ(text_of(answer), "MSG");
    EXPECT_EQ(must(queues[i].open(*answer.get<smp::Msg>())).text(), "second");
    EXPECT_EQ(ask(*service, queues[i].by_recipient(smp::Ack{})), "OK");
    EXPECT_EQ(ask(*service, queues[i].by_recipient(smp::Ack{})), "ERR NO_MSG");
  }
  EXPECT_EQ(service->pending_events(), 0U);
}

TEST_P(Section9Services, SubsAgainAnswersTheSameAndDeliversNothing) {
  const auto credentials = self_signed();
  const auto service = connect_as(credentials);
  const auto queues = create(*service, 2);
  ASSERT_TRUE(client->send(queues[0], "x"));
  ASSERT_EQ(next_event(*service), "MSG");
  expect_soks(subscribe_all(*service, set_of(queues)), set_of(queues));
  EXPECT_EQ(next_event(*service), "ALLS") << "what was delivered already is not delivered again";
  expect_soks(subscribe_all(*service, set_of(queues)), set_of(queues));
  ASSERT_TRUE(service->ping());
  EXPECT_EQ(service->pending_events(), 0U);
}

TEST_P(Section9Services, SubTakesAQueueIntoTheServiceAndAPlainSubOutOfIt) {
  const auto service = connect_as(self_signed());
  const auto own = create(*service, 1);
  const auto queue = must(client->create_queue());
  expect_sok(*service, queue, service->connection().service_id());
  expect_event(*client, "END", queue.recipient_id.view());
  ASSERT_TRUE(client->send(queue, "for the service"));
  const auto message = must(service->next_message(queue));
  EXPECT_EQ(message.text(), "for the service");
  ASSERT_TRUE(service->ack(queue, message));
  expect_soks(subscribe_all(*service, set_of({own[0], queue})), set_of({own[0], queue}));
  ASSERT_EQ(next_event(*service), "ALLS");

  expect_sok(*client, queue, std::nullopt);
  expect_event(*service, "END", queue.recipient_id.view());
  ASSERT_TRUE(client->send(queue, "for the client"));
  EXPECT_EQ(must(client->next_message(queue)).text(), "for the client");
  expect_soks(subscribe_all(*service, set_of(own)), set_of(own));
  ASSERT_TRUE(client->send(own[0], "the others stay"));
  EXPECT_EQ(must(service->next_message(own[0])).text(), "the others stay");
}

TEST_P(Section9Services, AQueueMovesFromServiceToService) {
  const auto credentials = self_signed();
  const auto from = connect_as(credentials);
  const auto to = connect_as(chain_of_two());
  const auto queues = create(*from, 2);
  expect_sok(*to, queues[0], to->connection().service_id());
  expect_event(*from, "END", queues[0].recipient_id.view());
  ASSERT_TRUE(client->send(queues[0], "moved"));
  EXPECT_EQ(must(to->next_message(queues[0])).text(), "moved");
  const auto again = connect_as(credentials);
  expect_soks(subscribe_all(*again, set_of({queues[1]})), set_of({queues[1]}));
  expect_ends(*from, set_of({queues[1]}));
  expect_soks(subscribe_all(*to, set_of({queues[0]})), set_of({queues[0]}));
}

TEST_P(Section9Services, SubOfAnotherConnectionTakesTheWholeServiceOver) {
  const auto credentials = self_signed();
  const auto first = connect_as(credentials);
  const auto queues = create(*first, 2);
  const auto second = connect_as(credentials);
  expect_sok(*second, queues[0], second->connection().service_id());
  expect_ends(*first, set_of(queues));
  ASSERT_TRUE(client->send(queues[1], "not asked for by itself"));
  EXPECT_EQ(must(second->next_message(queues[1])).text(), "not asked for by itself");
}

TEST_P(Section9Services, DeletedQueuesLeaveIt) {
  const auto credentials = self_signed();
  const auto service = connect_as(credentials);
  const auto queues = create(*service, 3);
  EXPECT_EQ(ask(*client, queues[0].del()), "OK");
  expect_event(*service, "DELD", queues[0].recipient_id.view());
  EXPECT_EQ(ask(*service, queues[1].del()), "OK");
  expect_soks(subscribe_all(*service, set_of({queues[2]})), set_of({queues[2]}));
  EXPECT_EQ(next_event(*service), "ALLS");
  const auto other = connect_as(credentials);
  expect_soks(subscribe_all(*other, set_of({queues[2]})), set_of({queues[2]}));
  expect_ends(*service, set_of({queues[2]}));
}

TEST_P(Section9Services, AServiceWithoutQueuesHasNone) {
  const auto service = connect_as(self_signed());
  expect_soks(subscribe_all(*service, {}), {});
  EXPECT_EQ(next_event(*service), "ALLS");
}

TEST_P(Section9Services, DriftIsCounted) {
  const auto credentials = self_signed();
  const auto queues = create(*connect_as(credentials), 2);
  backend::IdSet other;
  for (const auto* id : {"a", "b"}) other.add(as_bytes(id));
  const std::vector<std::pair<backend::IdSet, std::string>> cases{{set_of(queues), "none"},
                                                                  {set_of({queues[0]}), "more"},
                                                                  {{3, {}}, "fewer"},
                                                                  {other, "other"},
                                                                  {{-1, {}}, "unchecked"}};
  for (const auto& [expected, drift] : cases) {
    const auto service = connect_as(credentials);
    expect_soks(subscribe_all(*service, expected), set_of(queues));
    const auto name = R"(smp_service_subscribe_total{drift=")" + (has_hash() ? drift : "unchecked") + R"("})";
    EXPECT_TRUE(reaches(server, name, 1)) << name;
  }
}

TEST_P(Section9Services, GetIsForQueuesThatNobodySubscribesTo) {
  const auto service = connect_as(self_signed());
  const auto queue = must(service->create_queue());
  ASSERT_TRUE(client->send(queue, "x"));
  ASSERT_EQ(next_event(*service), "MSG");
  EXPECT_EQ(ask(*service, queue.get()), "ERR CMD PROHIBITED");
}

TEST_P(Section9Services, SubsIsSignedByTheServiceForItself) {
  const auto service = connect_as(self_signed());
  const auto other = connect_as(self_signed());
  const auto queue = must(service->create_queue());
  const smp::Command subs = smp::Subs{0, Bytes(16, 0)};
  const auto wrong_key = new_key();
  Request request{.key = &wrong_key, .entity_id = service->connection().service_id()->view(), .command = subs};
  const Bytes signature(64, 1);
  request.authorization = signature;
  EXPECT_EQ(ask(*service, request), "ERR SERVICE") << "not by the service's key";
  EXPECT_EQ(ask(*service, nullptr, other->connection().service_id()->view(), subs), "ERR SERVICE") << "another id";
  EXPECT_EQ(ask(*service, nullptr, {}, smp::Nsubs{0, Bytes(16, 0)}), "ERR CMD PROHIBITED") << "the other role";
  EXPECT_EQ(ask(*connect_as(self_signed(), ServiceRole::notifier), nullptr, {}, subs), "ERR CMD PROHIBITED");
}

}  // namespace
}  // namespace sotto::test
