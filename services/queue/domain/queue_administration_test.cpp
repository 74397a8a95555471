// QueueAdministration over the real engine, and over a backend that answers what a test says.
#include "services/queue/domain/queue_administration.hpp"

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "services/queue/domain/group_commit_fixture.hpp"

namespace sotto::queue {
namespace {

using backend::BlockingReason;

constexpr auto kNever = SteadyTime::max();

template <class IdType>
QueueName name(backend::Role role, const IdType& id) {
  return {.role = role, .id = id.bytes};
}

class QueueAdministrationTest : public GroupCommitFixture {
 protected:
  void SetUp() override {
    GroupCommitFixture::SetUp();
    start();
    administration_.emplace(commit());
  }

  // What `call` answers to the function that it is given.
  template <class Answer, class Call>
  static Answer answer_of(Call&& call) {
    std::promise<Answer> answered;
    call([&answered](Answer answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }
  Status block(const QueueName& queue, backend::Blocking blocking = {}) {
    return answer_of<Status>(
        [&](auto done) { administration_->block(queue, std::move(blocking), kNever, std::move(done)); });
  }
  Status unblock(const QueueName& queue) {
    return answer_of<Status>([&](auto done) { administration_->unblock(queue, kNever, std::move(done)); });
  }
  Status remove(const QueueName& queue) {
    return answer_of<Status>([&](auto done) { administration_->remove(queue, kNever, std::move(done)); });
  }
  Result<QueueView> view(const QueueName& queue) {
    return answer_of<Result<QueueView>>([&](auto done) { administration_->view(queue, kNever, std::move(done)); });
  }
  static ErrorCode code(const Status& status) { return status ? ErrorCode::internal : status.error().code; }

  std::optional<QueueAdministration> administration_;
};

TEST_F(QueueAdministrationTest, BlocksShowsUnblocksAndRemoves) {
  const QueueRecord record = queue();
  append(record, 3, kTestSeconds);
  const auto by_recipient = name(Role::recipient, record.recipient_id);
  const auto by_sender = name(Role::sender, record.sender_id);

  ASSERT_TRUE(block(by_sender, {.reason = BlockingReason::content, .notice_json = R"({ "ttl": 60 })"}));
  auto seen = view(by_recipient);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->record->status, backend::QueueStatus::blocked);
  EXPECT_EQ(seen->record->blocking.reason, BlockingReason::content);
  EXPECT_EQ(seen->record->blocking.notice_json, R"({"ttl":60})");
  EXPECT_FALSE(seen->messages);
  EXPECT_FALSE(seen->subscribed);

  ASSERT_TRUE(unblock(by_recipient));
  seen = view(by_sender);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->record->status, backend::QueueStatus::active);
  EXPECT_EQ(seen->messages, 3U);
  EXPECT_EQ(seen->subscribed, false);

  ASSERT_TRUE(block(by_sender));
  EXPECT_TRUE(remove(by_sender));
  EXPECT_EQ(code(remove(by_sender)), ErrorCode::not_found);
  EXPECT_EQ(code(block(by_sender)), ErrorCode::not_found);
  EXPECT_EQ(code(unblock(by_sender)), ErrorCode::not_found);
  EXPECT_EQ(view(by_sender).error().code, ErrorCode::not_found);
}

TEST_F(QueueAdministrationTest, WhoSubscribesIsToldAndCountersCountQueues) {
  const QueueRecord record = queue();
  ASSERT_EQ(ask(kAlice, record, backend::Subscribe{}).outcome, Outcome::ok);
  const auto named = name(Role::recipient, record.recipient_id);
  ASSERT_TRUE(block(named));
  ASSERT_TRUE(block(named, {.reason = BlockingReason::content, .notice_json = ""}));
  ASSERT_TRUE(unblock(named));
  ASSERT_TRUE(unblock(named));
  settle();
  EXPECT_THAT(world_.log(), testing::ElementsAre("1 done", "1 Blocked", "1 Blocked"));
  EXPECT_EQ(commit().counters().blocked, 1U);
  EXPECT_EQ(commit().counters().unblocked, 1U);
}

TEST_F(QueueAdministrationTest, ANoticeThatClientsCannotReadIsRefused) {
  const QueueRecord record = queue();
  const auto named = name(Role::recipient, record.recipient_id);
  EXPECT_EQ(code(block(named, {.reason = BlockingReason::spam, .notice_json = "no JSON"})),
            ErrorCode::invalid_argument);
  EXPECT_EQ(view(named)->record->status, backend::QueueStatus::active);
}

TEST_F(QueueAdministrationTest, AStoreThatFailsHasChangedNothingAndCountsNothing) {
  const QueueRecord record = queue();
  const auto named = name(Role::recipient, record.recipient_id);
  store_.fail_commit = true;
  EXPECT_EQ(code(block(named)), ErrorCode::unavailable);
  store_.fail_commit = false;
  EXPECT_EQ(view(named)->record->status, backend::QueueStatus::active);
  EXPECT_EQ(commit().counters().blocked, 0U);
}

TEST_F(QueueAdministrationTest, ADeadlineThatIsOverAndAStopAreUnavailable) {
  const QueueRecord record = queue();
  const auto named = name(Role::recipient, record.recipient_id);
  const auto late =
      answer_of<Status>([&](auto done) { administration_->block(named, {}, clock_.steady_now(), std::move(done)); });
  EXPECT_EQ(code(late), ErrorCode::unavailable);
  administration_->stop();
  EXPECT_EQ(code(block(named)), ErrorCode::unavailable);
}

// A queue that its owner changes whenever an administrator has looked at it.
class RestlessQueue final : public backend::QueueBackend {
 public:
  explicit RestlessQueue(int changes) : changes_(changes) {}
  void submit_all(std::vector<backend::Batch> batches) override {
    for (auto& batch : batches) {
      OperationResult result;
      if (std::holds_alternative<backend::Find>(batch.operations.at(0).action)) {
        result.outcome = Outcome::ok;
        result.record = std::make_shared<const QueueRecord>(record_);
        if (changes_-- > 0) ++record_.version;
      } else {
        result.outcome = batch.operations.at(0).version == record_.version ? Outcome::ok : Outcome::stale;
        ++performed;
      }
      batch.done({std::move(result)});
    }
  }
  void end_session(SessionRef /*session*/) override {}
  int performed = 0;

 private:
  int changes_;
  QueueRecord record_ = TestValues().record();
};

TEST(QueueAdministrationRetries, AQueueThatChangesMeanwhileAndGivesUpAfterAWhile) {
  crypto::initialise();
  for (const auto& [changes, expected] : {std::pair{4, true}, std::pair{5, false}}) {
    RestlessQueue queue(changes);
    std::optional<Status> status;
    QueueAdministration(queue).block({}, {}, kNever, [&](Status done) { status = std::move(done); });
    ASSERT_TRUE(status);
    EXPECT_EQ(status->ok(), expected);
    EXPECT_EQ(queue.performed, 5);
    if (!expected) {
      EXPECT_EQ(status->error().code, ErrorCode::conflict);
    }
  }
}

}  // namespace
}  // namespace sotto::queue
