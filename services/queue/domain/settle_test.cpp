// What a batch asks of the directory when others ask it, too, and when it is away.
#include "services/queue/domain/settle.hpp"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"

namespace sotto::queue {
namespace {

using backend::OperationResult;
using backend::Outcome;
using Purpose = AskDirectory::Purpose;

constexpr SessionRef kAlice{.gateway = 1, .connection = 1};
constexpr SessionRef kBob{.gateway = 2, .connection = 2};

// Stands for the directory that several queue services share: what another one does meanwhile is `meanwhile`, and it
// may be away.
class SharedDirectory final : public SubscriptionDirectory {
 public:
  bool away = false;
  std::function<void()> meanwhile;
  int calls = 0;
  InProcessDirectory inner;

  Result<std::vector<std::optional<SessionRef>>> execute(std::span<const DirectoryRequest> requests) override {
    ++calls;
    if (away) return Error{ErrorCode::unavailable, "the directory was told to be away"};
    auto answers = inner.execute(requests);
    if (meanwhile) meanwhile();
    return answers;
  }
  void end_session(SessionRef session) override { inner.end_session(session); }
  [[nodiscard]] bool shared() const override { return true; }
};

class Settle : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  void SetUp() override {
    auto transaction = store_.begin({}).value();
    EXPECT_TRUE(transaction->insert(record_).ok());
    EXPECT_TRUE(transaction->commit().ok());
  }

  void another_sends() {
    auto transaction = store_.begin({}).value();
    EXPECT_TRUE(transaction->append(queue_, values_.message(), false).ok());
    EXPECT_TRUE(transaction->commit().ok());
  }
  // One operation of one session that was executed and answered ok.
  BatchOutcome asked(Purpose purpose, MessagePtr message = nullptr) {
    BatchOutcome outcome;
    outcome.results.resize(1);
    outcome.results[0].outcome = Outcome::ok;
    outcome.results[0].message = message;
    outcome.effects.emplace_back(AskDirectory{.purpose = purpose,
                                              .queue = queue_,
                                              .service = std::nullopt,
                                              .result = 0,
                                              .message = std::move(message),
                                              .blocking = {}});
    return outcome;
  }
  bool settled(SessionRef session, BatchOutcome& outcome) {
    const Unsettled unsettled{session, &outcome};
    return settle({&unsettled, 1}, directory_, store_);
  }
  template <class Kind>
  static const Kind* only_event(const BatchOutcome& outcome, SessionRef to) {
    if (outcome.effects.size() != 1) return nullptr;
    const auto* sent = std::get_if<SendEvent>(&outcome.effects.front());
    return sent != nullptr && sent->to == to ? std::get_if<Kind>(&sent->event) : nullptr;
  }

  TestValues values_;
  const QueueRecord record_ = values_.record();
  const RecipientId queue_ = record_.recipient_id;
  MemoryQueueStore store_;
  SharedDirectory directory_;
};

TEST_F(Settle, AMessageThatComesBeforeTheSubscriptionIsThereIsSeen) {
  directory_.meanwhile = [this] { another_sends(); };
  auto outcome = asked(Purpose::subscribe);
  EXPECT_TRUE(settled(kAlice, outcome));
  EXPECT_EQ(outcome.results[0].outcome, Outcome::ok);
  EXPECT_EQ(outcome.results[0].messages, 1U);
  EXPECT_TRUE(outcome.effects.empty());
}

TEST_F(Settle, AQueueThatNobodyKnowsYetIsNotLookedAtAgain) {
  directory_.meanwhile = [this] { another_sends(); };
  auto outcome = asked(Purpose::subscribe);
  std::get<AskDirectory>(outcome.effects.front()).fresh = true;
  EXPECT_TRUE(settled(kAlice, outcome));
  EXPECT_EQ(outcome.results[0].messages, 0U) << "the store was not asked";
}

TEST_F(Settle, AllBatchesCostOneCall) {
  auto first = asked(Purpose::subscribe);
  auto second = asked(Purpose::announce, values_.message());
  auto third = asked(Purpose::subscribe);
  const std::vector<Unsettled> batches{{kAlice, &first}, {kBob, &second}, {kBob, &third}};
  EXPECT_TRUE(settle(batches, directory_, store_));
  EXPECT_EQ(directory_.calls, 1);
  EXPECT_NE(only_event<backend::MessageReady>(second, kAlice), nullptr) << "as it was at that point of the order";
  EXPECT_NE(only_event<backend::Ended>(third, kAlice), nullptr);
}

TEST_F(Settle, NothingToAskCostsNoCall) {
  BatchOutcome outcome;
  outcome.effects.emplace_back(SendEvent{.to = kBob, .event = backend::Ended{}});
  EXPECT_TRUE(settled(kAlice, outcome));
  EXPECT_EQ(directory_.calls, 0);
  EXPECT_NE(only_event<backend::Ended>(outcome, kBob), nullptr);
}

TEST_F(Settle, RemovedQueueIsToldToItsSubscriberButNotToTheOneWhoRemovedIt) {
  directory_.inner.subscribe(queue_, kAlice);
  auto outcome = asked(Purpose::remove);
  EXPECT_TRUE(settled(kBob, outcome));
  EXPECT_NE(only_event<backend::Deleted>(outcome, kAlice), nullptr);
  directory_.inner.subscribe(queue_, kBob);
  outcome = asked(Purpose::remove);
  EXPECT_TRUE(settled(kBob, outcome));
  EXPECT_TRUE(outcome.effects.empty());
}

TEST_F(Settle, WithoutTheDirectorySubscriptionsCountAndDeliveriesWait) {
  directory_.away = true;
  const auto outcome_of = [&](Purpose purpose) {
    auto outcome = asked(purpose, values_.message());
    EXPECT_FALSE(settled(kAlice, outcome));
    EXPECT_TRUE(outcome.effects.empty());
    return outcome.results[0];
  };
  EXPECT_EQ(outcome_of(Purpose::subscribe).outcome, Outcome::ok);
  EXPECT_EQ(outcome_of(Purpose::resume).outcome, Outcome::unavailable) << "asked again until it is there";
  EXPECT_EQ(outcome_of(Purpose::fetch).outcome, Outcome::unavailable);
  EXPECT_EQ(outcome_of(Purpose::announce).outcome, Outcome::ok);
  EXPECT_EQ(outcome_of(Purpose::remove).outcome, Outcome::ok);
  const OperationResult acked = outcome_of(Purpose::next);
  EXPECT_EQ(acked.outcome, Outcome::ok) << "the message is gone from the store";
  EXPECT_EQ(acked.message, nullptr);
}

}  // namespace
}  // namespace sotto::queue
