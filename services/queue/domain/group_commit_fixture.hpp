// The fixture of the group commit's tests. A FaultyStore stands for a store whose disk or network fails: it forwards to
// a MemoryQueueStore until a test tells it to fail a begin, a commit, or whatever touches one queue; a failed commit is
// one of which nothing was written. Tests only.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"

namespace sotto::queue {

using backend::OperationResult;
using backend::Outcome;

inline Error store_failure() {
  return {ErrorCode::unavailable, "the store was told to fail"};
}

class FaultyStore final : public QueueStore {
 public:
  // Set by the test before the thread looks: switches are atomic, hooks are set before the start.
  std::atomic<bool> fail_begin{false};
  std::atomic<bool> fail_commit{false};
  // A commit fails with `conflict` while this queue is among what was inserted.
  std::optional<RecipientId> taken;
  std::atomic<bool> fail_append{false};
  std::function<void()> on_commit;
  std::function<void()> on_expire;
  // A queue whose record cannot be read.
  std::optional<RecipientId> unreadable;
  // Transactions that were used after a failure, which the interface forbids.
  std::atomic<int> misused{0};

  Result<std::unique_ptr<QueueTransaction>> begin(std::span<const Touch> touched) override;
  Result<std::vector<RecipientId>> with_messages(std::span<const RecipientId> queues) override {
    return inner_.with_messages(queues);
  }
  [[nodiscard]] StoreTotals totals() const override { return inner_.totals(); }
  Status compact() override { return inner_.compact(); }

 private:
  class Transaction;
  MemoryQueueStore inner_;
};

class FaultyStore::Transaction final : public QueueTransaction {
 public:
  Transaction(FaultyStore& store, std::unique_ptr<QueueTransaction> inner) : store_(store), inner_(std::move(inner)) {}

  Result<RecordPtr> find(const RecipientId& id) override {
    if (fails(store_.unreadable == id)) return store_failure();
    return inner_->find(id);
  }
  Result<std::optional<RecipientId>> resolve(Role role, ByteView id) override {
    if (fails(false)) return store_failure();
    return inner_->resolve(role, id);
  }
  Status insert(const QueueRecord& record) override {
    clashes_ = clashes_ || store_.taken == record.recipient_id;
    return fails(false) ? store_failure() : inner_->insert(record);
  }
  Status update(const QueueRecord& before, const QueueRecord& after) override {
    return fails(false) ? store_failure() : inner_->update(before, after);
  }
  Status erase(const QueueRecord& record) override { return fails(false) ? store_failure() : inner_->erase(record); }
  Status put_link(const RecipientId& queue, const LinkBlob& link) override {
    return fails(false) ? store_failure() : inner_->put_link(queue, link);
  }
  Result<std::optional<LinkBlob>> link(const RecipientId& queue) override {
    if (fails(false)) return store_failure();
    return inner_->link(queue);
  }
  Status erase_link(const RecipientId& queue) override {
    return fails(false) ? store_failure() : inner_->erase_link(queue);
  }
  Result<QueueState> state(const RecipientId& queue) override {
    if (fails(false)) return store_failure();
    return inner_->state(queue);
  }
  Status append(const RecipientId& queue, const MessagePtr& message, bool marks_full) override {
    return fails(store_.fail_append) ? store_failure() : inner_->append(queue, message, marks_full);
  }
  Result<MessagePtr> head(const RecipientId& queue) override {
    if (fails(false)) return store_failure();
    return inner_->head(queue);
  }
  Result<std::optional<MessageId>> head_id(const RecipientId& queue) override {
    if (fails(false)) return store_failure();
    return inner_->head_id(queue);
  }
  Status pop(const RecipientId& queue) override { return fails(false) ? store_failure() : inner_->pop(queue); }
  Result<Service> know_service(const Service& service) override {
    if (fails(false)) return store_failure();
    return inner_->know_service(service);
  }
  Result<IdSet> service_ids(const ServiceId& service) override {
    if (fails(false)) return store_failure();
    return inner_->service_ids(service);
  }
  Result<ServicePage> list_service(const ServiceId& service, const RecipientId& after, std::size_t limit) override {
    if (fails(false)) return store_failure();
    return inner_->list_service(service, after, limit);
  }
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override {
    if (store_.on_expire) store_.on_expire();
    return inner_->expire(cutoff, limit);
  }
  Status commit() override {
    if (store_.on_commit) store_.on_commit();
    if (clashes_) return Error{ErrorCode::conflict, "an id is taken"};
    return fails(store_.fail_commit) ? store_failure() : inner_->commit();
  }

 private:
  bool fails(bool now) {
    if (failed_) ++store_.misused;
    failed_ = failed_ || now;
    return failed_;
  }
  FaultyStore& store_;
  std::unique_ptr<QueueTransaction> inner_;
  bool failed_ = false;
  bool clashes_ = false;
};

inline Result<std::unique_ptr<QueueTransaction>> FaultyStore::begin(std::span<const Touch> touched) {
  if (fail_begin) return store_failure();
  return std::unique_ptr<QueueTransaction>(std::make_unique<Transaction>(*this, inner_.begin(touched).value()));
}

// Writes down what reaches the outside, in order, as "7 Ended": the session and what it is told.
class OutsideWorld final : public backend::EventSink, public backend::NotificationBackend {
 public:
  void deliver(SessionRef session, backend::Event event) override {
    static constexpr std::array kNames = {"MessageReady", "Ended", "Deleted", "Notified", "Blocked", "ServiceEnded"};
    note(session, kNames.at(event.index()));
  }
  void resume(std::function<bool(SessionRef)> /*concerned*/) override { note({}, "resume"); }
  void push(const backend::NotifierRef& /*notifier*/, backend::Notification /*notification*/) override {
    note({}, "push");
  }
  void subscribe_service(const backend::Service& /*service*/, SessionRef session, bool /*resume*/,
                         std::function<void()> registered) override {
    note(session, "NSUBS");
    registered();
  }
  void subscribe(const backend::NotifierRef& /*notifier*/, std::optional<backend::NotifierRef> /*former*/,
                 SessionRef session, bool /*resume*/, std::function<void()> registered) override {
    note(session, "NSUB");
    std::function<void()> held;
    {
      const std::lock_guard lock(mutex_);
      if (holds_registrations_) held = std::exchange(registered, {});
      if (held) held_registrations_.push_back(std::move(held));
    }
    if (registered) registered();
  }
  // NSUB is not registered until let_register().
  void hold_registrations() {
    const std::lock_guard lock(mutex_);
    holds_registrations_ = true;
  }
  void let_register() {
    std::vector<std::function<void()>> held;
    {
      const std::lock_guard lock(mutex_);
      holds_registrations_ = false;
      held.swap(held_registrations_);
    }
    for (auto& each : held) each();
  }
  void remove(const backend::NotifierRef& /*notifier*/, SessionRef by) override { note(by, "removes a notifier"); }
  void end_session(SessionRef session) override { note(session, "has left"); }

  void note(SessionRef session, const std::string& what) {
    const std::lock_guard lock(mutex_);
    log_.push_back(std::to_string(session.connection) + " " + what);
  }
  std::vector<std::string> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> log_;
  bool holds_registrations_ = false;
  std::vector<std::function<void()>> held_registrations_;
};

class GroupCommitFixture : public testing::Test {
 protected:
  static constexpr SessionRef kAlice{.gateway = 0, .connection = 1};
  static constexpr SessionRef kBob{.gateway = 0, .connection = 2};
  static constexpr SessionRef kSender{.gateway = 0, .connection = 9};

  static void SetUpTestSuite() { crypto::initialise(); }
  void SetUp() override { settings_.expire_on_start = false; }

  void start() { commit_.emplace(settings_, store_, directory_, world_, world_, clock_); }
  GroupCommit& commit() { return *commit_; }

  // Submits, and notes "<session> done" when the completion comes.
  std::future<std::vector<OperationResult>> submit(SessionRef session, std::vector<backend::Operation> operations) {
    auto results = std::make_shared<std::promise<std::vector<OperationResult>>>();
    auto future = results->get_future();
    commit().submit({.session = session,
                     .operations = std::move(operations),
                     .done = [this, session, results](std::vector<OperationResult> answers) {
                       world_.note(session, "done");
                       results->set_value(std::move(answers));
                     }});
    return future;
  }
  std::future<std::vector<OperationResult>> submit(SessionRef session, const QueueRecord& record,
                                                   backend::Action action) {
    return submit(session, {{.queue = record.recipient_id, .version = 1, .action = std::move(action)}});
  }
  OperationResult ask(SessionRef session, const QueueRecord& record, backend::Action action) {
    return submit(session, record, std::move(action)).get().at(0);
  }
  static Outcome outcome(std::future<std::vector<OperationResult>>& results) { return results.get().at(0).outcome; }

  // Everything that was submitted before is finished afterwards, its effects included.
  void settle() {
    std::promise<void> reached;
    commit().submit({.session = {}, .operations = {}, .done = [&](const auto&) { reached.set_value(); }});
    reached.get_future().wait();
  }

  // Keeps the thread busy until release(): whatever is submitted in between is one group.
  class Hold {
   public:
    explicit Hold(GroupCommit& commit) {
      std::promise<void> reached;
      // By value: the thread may still be waking up when this object goes.
      commit.submit(
          {.session = {}, .operations = {}, .done = [&reached, released = released_.get_future().share()](const auto&) {
             reached.set_value();
             released.wait();
           }});
      reached.get_future().wait();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { release(); }
    void release() {
      if (!std::exchange(done_, true)) released_.set_value();
    }

   private:
    std::promise<void> released_;
    bool done_ = false;
  };

  // Stored before the start.
  QueueRecord queue() {
    QueueRecord record = values_.record();
    auto transaction = store_.begin({}).value();
    EXPECT_TRUE(transaction->insert(record).ok());
    EXPECT_TRUE(transaction->commit().ok());
    return record;
  }
  void append(const QueueRecord& record, std::size_t count, std::int64_t seconds) {
    auto transaction = store_.begin({}).value();
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(transaction->append(record.recipient_id, values_.message(seconds), false).ok());
    }
    EXPECT_TRUE(transaction->commit().ok());
  }
  backend::Append message() { return {.message = values_.message(), .notification = std::nullopt}; }

  GroupCommitSettings settings_;
  TestValues values_;
  ManualClock clock_{SystemTime(std::chrono::seconds(kTestSeconds))};
  FaultyStore store_;
  InProcessDirectory directory_;
  OutsideWorld world_;
  std::optional<GroupCommit> commit_;  // last: its thread uses all of the above
};

}  // namespace sotto::queue
