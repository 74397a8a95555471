// SUBS and what ties queues to services: docs/wire.md section 9, "Services".
#include <algorithm>

#include "services/queue/domain/engine_fixture.hpp"

namespace sotto::queue {
namespace {

using backend::Ended;
using backend::MessageReady;
using backend::ServiceEnded;

class EngineServices : public EngineFixture {
 protected:
  OperationResult ask(SessionRef session, backend::Action action) {
    BatchOutcome outcome = execute(session, {{.queue = {}, .version = 0, .action = std::move(action)}});
    effects_ = std::move(outcome.effects);
    return std::move(outcome.results.at(0));
  }
  Service service(char role) {
    Service out{.id = service_, .role = role};
    out.certificate_hash.fill(7);
    return out;
  }
  OperationResult subscribe(SessionRef session, const QueueRecord& record, std::optional<ServiceId> as) {
    return run(session, record, backend::Subscribe{.resume = false, .service = as});
  }
  QueueRecord service_queue() {
    return queue(QueueMode::messaging, [this](QueueRecord& record) { record.service = service_; });
  }
  const ServiceId service_ = values_.id<ServiceId>();
};

TEST_F(EngineServices, ACertificateHasOneRole) {
  EXPECT_EQ(ask(kAlice, backend::RegisterService{service('M')}).outcome, Outcome::ok);
  EXPECT_EQ(ask(kBob, backend::RegisterService{service('M')}).outcome, Outcome::ok);
  EXPECT_EQ(ask(kBob, backend::RegisterService{service('N')}).outcome, Outcome::refused);
}

TEST_F(EngineServices, TheSubscriberOfTheServiceIsToldOfAllItsQueues) {
  const QueueRecord one = service_queue();
  const QueueRecord two = service_queue();
  const OperationResult subscribed = ask(kAlice, backend::SubscribeService{service('M'), false});
  ASSERT_EQ(subscribed.outcome, Outcome::ok);
  IdSet expected;
  expected.add(one.recipient_id.view());
  expected.add(two.recipient_id.view());
  EXPECT_EQ(subscribed.service->ids, expected);
  for (const auto& record : {one, two}) {
    send(record, values_.message());
    const auto* ready = only_event<MessageReady>(kAlice);
    ASSERT_NE(ready, nullptr);
    EXPECT_EQ(ready->queue, record.recipient_id);
    EXPECT_EQ(run(kAlice, record, backend::Fetch{.if_subscribed = true}).outcome, Outcome::ok);
    EXPECT_EQ(run(kBob, record, backend::Fetch{.if_subscribed = true}).outcome, Outcome::refused);
  }
}

TEST_F(EngineServices, AnotherSessionTakesTheServiceOver) {
  ask(kAlice, backend::SubscribeService{service('M'), false});
  ask(kBob, backend::SubscribeService{service('M'), false});
  const auto* ended = only_event<ServiceEnded>(kAlice);
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->service, service_);
  EXPECT_EQ(ask(kAlice, backend::SubscribeService{service('M'), true}).outcome, Outcome::refused) << "it is older";
  EXPECT_EQ(ask(kBob, backend::SubscribeService{service('M'), true}).outcome, Outcome::ok);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(EngineServices, SubAsAServiceTakesTheQueueIntoIt) {
  const QueueRecord record = queue();
  subscribe(kAlice, record, std::nullopt);
  const OperationResult result = subscribe(kBob, record, service_);
  ASSERT_EQ(result.outcome, Outcome::ok);
  ASSERT_NE(result.record, nullptr);
  EXPECT_EQ(result.record->service, service_);
  EXPECT_EQ(result.record->version, record.version + 1);
  const auto* ended = only_event<Ended>(kAlice);
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->id, record.recipient_id.bytes);
  EXPECT_EQ(subscribe(kBob, record, service_).record, nullptr) << "it belongs to it already";
  EXPECT_TRUE(effects_.empty());
  EXPECT_EQ(ask(kBob, backend::SubscribeService{service('M'), false}).service->ids.count, 1);
}

TEST_F(EngineServices, APlainSubTakesTheQueueOutOfIt) {
  const QueueRecord record = service_queue();
  ask(kBob, backend::SubscribeService{service('M'), false});
  const OperationResult result = subscribe(kAlice, record, std::nullopt);
  ASSERT_NE(result.record, nullptr);
  EXPECT_EQ(result.record->service, std::nullopt);
  EXPECT_NE(only_event<Ended>(kBob), nullptr);
  send(record, values_.message());
  EXPECT_NE(only_event<MessageReady>(kAlice), nullptr);
  EXPECT_EQ(ask(kBob, backend::SubscribeService{service('M'), false}).service->ids, IdSet{});
}

TEST_F(EngineServices, ResumingChangesNoService) {
  const QueueRecord record = service_queue();
  EXPECT_EQ(outcome_of(record, backend::Subscribe{.resume = true}), Outcome::refused);
  EXPECT_EQ(stored(record)->service, service_);
}

TEST_F(EngineServices, DeletedQueuesAreToldToTheServicesSubscriber) {
  const QueueRecord record = service_queue();
  ask(kBob, backend::SubscribeService{service('M'), false});
  run(kAlice, record, backend::Delete{});
  EXPECT_NE(only_event<backend::Deleted>(kBob), nullptr);
  EXPECT_EQ(directory_.subscriber_of(RecipientId{service_.bytes}), kBob) << "it has others";
}

TEST_F(EngineServices, QueuesWithMessagesAreListed) {
  std::vector<RecipientId> with_messages;
  for (int i = 0; i < 6; ++i) {
    const QueueRecord record = service_queue();
    if (i % 2 == 1) continue;
    send(record, 1);
    with_messages.push_back(record.recipient_id);
  }
  std::sort(with_messages.begin(), with_messages.end());
  std::vector<RecipientId> found;
  backend::ListService page{.id = service_, .after = {}, .limit = 4};
  for (bool more = true; more;) {
    const OperationResult result = ask(kAlice, page);
    ASSERT_EQ(result.outcome, Outcome::ok);
    found.insert(found.end(), result.service->with_messages.begin(), result.service->with_messages.end());
    page.after = result.service->last;
    more = result.service->more;
  }
  EXPECT_EQ(found, with_messages);
}

TEST_F(EngineServices, NsubAsAServiceTakesTheNotifierIntoItAndAPlainOneOut) {
  const QueueRecord record = queue(QueueMode::messaging, [this](auto& made) { made.notifier = values_.notifier(); });
  const auto id = record.notifier->id;
  run(kAlice, record, backend::SubscribeNotifier{.resume = false, .notifier = {}, .service = service_});
  const auto* joins = only_effect<SubscribeToNotifier>();
  ASSERT_NE(joins, nullptr);
  EXPECT_EQ(joins->notifier, (backend::NotifierRef{id, service_}));
  EXPECT_EQ(joins->former, backend::NotifierRef{id});
  EXPECT_EQ(ask(kAlice, backend::SubscribeService{service('N'), false}).service->ids.count, 1);
  ASSERT_NE(only_effect<SubscribeToService>(), nullptr);

  run(kBob, record, backend::SubscribeNotifier{.resume = true, .notifier = id, .service = std::nullopt});
  EXPECT_EQ(only_effect<SubscribeToNotifier>(), nullptr) << "refused: resuming changes no service";
  run(kBob, record, backend::SubscribeNotifier{});
  const auto* leaves = only_effect<SubscribeToNotifier>();
  ASSERT_NE(leaves, nullptr);
  EXPECT_EQ(leaves->notifier, backend::NotifierRef{id});
  EXPECT_EQ(leaves->former, (backend::NotifierRef{id, service_}));
}

TEST_F(EngineServices, NewCredentialsBelongToNoService) {
  const QueueRecord record = queue(QueueMode::messaging, [this](auto& made) {
    made.notifier = values_.notifier();
    made.notifier->service = service_;
  });
  run(kAlice, record, backend::SetNotifier{.notifier = values_.notifier()});
  ASSERT_NE(only_effect<RemoveNotifier>(), nullptr);
  EXPECT_EQ(only_effect<RemoveNotifier>()->notifier, (backend::NotifierRef{record.notifier->id, service_}));
  EXPECT_EQ(ask(kAlice, backend::SubscribeService{service('N'), false}).service->ids, IdSet{});
}

}  // namespace
}  // namespace sotto::queue
