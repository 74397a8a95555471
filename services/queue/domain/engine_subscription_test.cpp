// SUB and NSUB, the directory and its overlay: docs/wire.md section 9.
#include <map>

#include "services/queue/domain/engine_fixture.hpp"

namespace sotto::queue {
namespace {

class EngineSubscriptions : public EngineFixture {};

TEST_F(EngineSubscriptions, SubscribeAnswersHowManyMessagesWait) {
  const QueueRecord record = queue();
  EXPECT_EQ(run(kAlice, record, backend::Subscribe{}).messages, 0U);
  send(record, 2);
  const OperationResult result = run(kAlice, record, backend::Subscribe{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.messages, 2U);
  EXPECT_EQ(result.message, nullptr);
  EXPECT_TRUE(effects_.empty()) << "the same session again";
}

TEST_F(EngineSubscriptions, AnotherSessionTakesOver) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  run(kBob, record, backend::Subscribe{});
  const auto* ended = only_event<backend::Ended>(kAlice);
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->role, Role::recipient);
  EXPECT_EQ(ended->id, record.recipient_id.bytes);
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kBob);
  send(record, values_.message());
  EXPECT_NE(only_event<backend::MessageReady>(kBob), nullptr);
}

TEST_F(EngineSubscriptions, SuspendedQueueCanBeSubscribed) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Suspend{});
  EXPECT_EQ(outcome_of(record, backend::Subscribe{}), Outcome::ok);
}

TEST_F(EngineSubscriptions, NotifierSubscribesThroughTheNotificationService) {
  const QueueRecord record = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  EXPECT_EQ(outcome_of(record, backend::SubscribeNotifier{}), Outcome::ok);
  const auto* subscribe = only_effect<SubscribeToNotifier>();
  ASSERT_NE(subscribe, nullptr);
  EXPECT_EQ(subscribe->notifier, record.notifier->id);
  EXPECT_EQ(subscribe->session, kAlice);
  EXPECT_EQ(outcome_of(queue(), backend::SubscribeNotifier{}), Outcome::refused);
}

// ---- InProcessDirectory

constexpr SessionRef session(std::uint64_t connection) {
  return {.gateway = 3, .connection = connection};
}

TEST(InProcessDirectory, OneSubscriberPerQueue) {
  TestValues values;
  InProcessDirectory directory;
  const auto queue = values.id<RecipientId>();
  EXPECT_EQ(directory.subscriber_of(queue), std::nullopt);
  EXPECT_EQ(directory.subscribe(queue, session(1)), std::nullopt);
  EXPECT_EQ(directory.subscribe(queue, session(1)), session(1));
  EXPECT_EQ(directory.subscribe(queue, session(2)), session(1));
  EXPECT_EQ(directory.subscriber_of(queue), session(2));
  EXPECT_EQ(directory.sessions(), 1U);
  EXPECT_EQ(directory.unsubscribe(queue), session(2));
  EXPECT_EQ(directory.unsubscribe(queue), std::nullopt);
  EXPECT_EQ(directory.subscriptions(), 0U);
  EXPECT_EQ(directory.sessions(), 0U);
}

TEST(InProcessDirectory, SessionsOfTwoGatewaysAreDifferent) {
  TestValues values;
  InProcessDirectory directory;
  const auto queue = values.id<RecipientId>();
  directory.subscribe(queue, {.gateway = 1, .connection = 7});
  directory.end_session({.gateway = 2, .connection = 7});
  EXPECT_EQ(directory.subscriber_of(queue), (SessionRef{.gateway = 1, .connection = 7}));
}

// Against the simplest directory there is: a map, searched from end to end.
TEST(InProcessDirectory, AgreesWithAMap) {
  TestValues values;
  InProcessDirectory directory;
  std::map<RecipientId, SessionRef> expected;
  std::vector<RecipientId> queues;
  for (int i = 0; i < 40; ++i) queues.push_back(values.id<RecipientId>());
  const auto dice = [&](std::uint64_t sides) { return (values.bytes(1)[0]) % sides; };
  for (int step = 0; step < 20'000; ++step) {
    const RecipientId& queue = queues[dice(queues.size())];
    const SessionRef who = session(dice(6));
    const auto found = expected.find(queue);
    const auto former = found == expected.end() ? std::nullopt : std::optional(found->second);
    switch (dice(8)) {
      case 0:
        directory.end_session(who);
        std::erase_if(expected, [&](const auto& entry) { return entry.second == who; });
        break;
      case 1:
      case 2:
        EXPECT_EQ(directory.unsubscribe(queue), former);
        expected.erase(queue);
        break;
      default:
        EXPECT_EQ(directory.subscribe(queue, who), former);
        expected[queue] = who;
    }
    ASSERT_EQ(directory.subscriptions(), expected.size());
  }
  for (const auto& [queue, who] : expected) EXPECT_EQ(directory.subscriber_of(queue), who);
}

// ---- DirectoryOverlay

class Overlay : public testing::Test {
 protected:
  void SetUp() override { directory_.subscribe(queue_, session(1)); }
  TestValues values_;
  const RecipientId queue_ = values_.id<RecipientId>();
  InProcessDirectory directory_;
  DirectoryOverlay overlay_{directory_};
};

TEST_F(Overlay, ShowsItsChangesAtOnceAndTheDirectoryAfterApply) {
  EXPECT_EQ(overlay_.subscriber_of(queue_), session(1));
  EXPECT_EQ(overlay_.subscribe(queue_, session(2)), session(1));
  EXPECT_EQ(overlay_.subscribe(queue_, session(3)), session(2));
  EXPECT_EQ(overlay_.subscriber_of(queue_), session(3));
  EXPECT_EQ(directory_.subscriber_of(queue_), session(1));
  overlay_.apply();
  EXPECT_EQ(directory_.subscriber_of(queue_), session(3));
}

TEST_F(Overlay, DropForgets) {
  const auto another = values_.id<RecipientId>();
  overlay_.subscribe(another, session(2));
  overlay_.unsubscribe(queue_);
  overlay_.end_session(session(1));
  EXPECT_EQ(overlay_.subscriber_of(queue_), std::nullopt);
  overlay_.drop();
  EXPECT_EQ(overlay_.subscriber_of(queue_), session(1));
  overlay_.apply();
  EXPECT_EQ(directory_.subscriber_of(queue_), session(1));
  EXPECT_EQ(directory_.subscriptions(), 1U);
}

TEST_F(Overlay, EndedSessionLosesWhatItHadAndWhatItTook) {
  const auto another = values_.id<RecipientId>();
  overlay_.subscribe(another, session(1));
  overlay_.end_session(session(1));
  EXPECT_EQ(overlay_.subscriber_of(queue_), std::nullopt);
  EXPECT_EQ(overlay_.subscriber_of(another), std::nullopt);
  EXPECT_EQ(overlay_.subscribe(queue_, session(2)), std::nullopt) << "nobody is left to be told";
  overlay_.apply();
  EXPECT_EQ(directory_.subscriber_of(queue_), session(2));
  EXPECT_EQ(directory_.subscriber_of(another), std::nullopt);
}

TEST_F(Overlay, UnsubscribedQueueStaysSoUntilSomebodySubscribes) {
  EXPECT_EQ(overlay_.unsubscribe(queue_), session(1));
  EXPECT_EQ(overlay_.unsubscribe(queue_), std::nullopt);
  EXPECT_EQ(overlay_.subscribe(queue_, session(1)), std::nullopt);
  overlay_.apply();
  EXPECT_EQ(directory_.subscriber_of(queue_), session(1));
}

}  // namespace
}  // namespace sotto::queue
