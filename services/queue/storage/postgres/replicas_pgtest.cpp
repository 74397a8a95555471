// Several processes over one database, played by several stores: locks, order, counts and versions.
#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <thread>

#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/postgres/test_database.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::queue {
namespace {

using Need = Touch::Need;

Touch touch(const RecipientId& id, Need need) {
  return {Role::recipient, id.bytes, need};
}

class Replicas : public testing::Test {
 protected:
  QueueRecord inserted() {
    QueueRecord record = values_.record();
    auto transaction = first_->begin({}).value();
    EXPECT_TRUE(transaction->insert(record));
    EXPECT_TRUE(transaction->commit());
    return record;
  }
  void append(PostgresQueueStore& store, const QueueRecord& record, const MessagePtr& message) {
    auto transaction = store.begin(std::array{touch(record.recipient_id, Need::change)}).value();
    EXPECT_TRUE(transaction->append(record.recipient_id, message, false));
    EXPECT_TRUE(transaction->commit());
  }
  void wait_for_a_waiting_session() {
    test::wait_until("a session to wait for a lock", [&] {
      return database_.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1";
    });
  }

  TestValues values_;
  TestDatabase database_;
  std::unique_ptr<PostgresQueueStore> first_ = database_.open_store();
  std::unique_ptr<PostgresQueueStore> second_ = database_.open_store();
};

TEST_F(Replicas, AnIdThatIsTakenAfterAllIsAConflict) {
  const QueueRecord record = inserted();
  const std::array fresh = {touch(record.recipient_id, Need::fresh),
                            Touch{Role::sender, record.sender_id.bytes, Need::fresh}};
  QueueRecord same_sender = values_.record();
  same_sender.sender_id = record.sender_id;
  for (const auto& clashing : {record, same_sender}) {
    auto transaction = second_->begin(fresh).value();
    EXPECT_EQ(transaction->resolve(Role::sender, record.sender_id.view()).value(), std::nullopt) << "not looked for";
    ASSERT_TRUE(transaction->insert(clashing));
    const auto committed = transaction->commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::conflict);
  }
  EXPECT_TRUE(*second_->begin({}).value()->find(record.recipient_id).value() == record);
  EXPECT_EQ(first_->totals().queues, 1U);
}

TEST_F(Replicas, WhoChangesAQueueByItsSenderIdWaitsForTheOther) {
  const QueueRecord record = inserted();
  QueueRecord changed = record;
  changed.version = 2;
  auto transaction = first_->begin(std::array{touch(record.recipient_id, Need::change)}).value();
  ASSERT_TRUE(transaction->update(record, changed));
  std::thread other([&] {
    auto second = second_->begin(std::array{Touch{Role::sender, record.sender_id.bytes, Need::change}});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ((*second)->find(record.recipient_id).value()->version, 2U);
  });
  wait_for_a_waiting_session();
  EXPECT_TRUE(transaction->commit());
  other.join();
}

TEST_F(Replicas, WhoChangesAQueueWaitsForTheOtherAndSeesWhatItDid) {
  const QueueRecord record = inserted();
  const std::array touches = {touch(record.recipient_id, Need::change)};
  auto transaction = first_->begin(touches).value();
  const auto message = values_.message();
  QueueRecord changed = record;
  changed.version = 2;
  ASSERT_TRUE(transaction->append(record.recipient_id, message, false));
  ASSERT_TRUE(transaction->update(record, changed));

  std::thread other([&] {
    auto second = second_->begin(touches);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ((*second)->find(record.recipient_id).value()->version, 2U);
    EXPECT_EQ((*second)->state(record.recipient_id).value().messages, 1U);
    EXPECT_EQ((*second)->head_id(record.recipient_id).value(), message->id);
  });
  wait_for_a_waiting_session();
  EXPECT_TRUE(transaction->commit());
  other.join();
}

TEST_F(Replicas, WhoOnlyReadsWaitsForNobody) {
  const QueueRecord record = inserted();
  const auto message = values_.message();
  append(*first_, record, message);
  auto transaction = first_->begin(std::array{touch(record.recipient_id, Need::pop)}).value();
  ASSERT_TRUE(transaction->pop(record.recipient_id));
  for (const Need need : {Need::record, Need::state, Need::head}) {
    auto second = second_->begin(std::array{touch(record.recipient_id, need)}).value();
    EXPECT_TRUE(*second->find(record.recipient_id).value() == record);
    EXPECT_EQ(second->state(record.recipient_id).value().messages, 1U);
    EXPECT_TRUE(*second->head(record.recipient_id).value() == *message);
  }
  EXPECT_EQ(second_->with_messages(std::array{record.recipient_id}).value().size(), 1U);
}

TEST_F(Replicas, LocksEndWithADroppedTransaction) {
  const QueueRecord record = inserted();
  const std::array touches = {touch(record.recipient_id, Need::change)};
  for (int i = 0; i < 20; ++i) {
    auto first = first_->begin(touches);
    ASSERT_TRUE(first);
    first->reset();
    auto second = second_->begin(touches);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_TRUE((*second)->commit()) << "nothing was written";
  }
}

TEST_F(Replicas, ALockThatIsHeldTooLongFailsTheOtherAndNothingElse) {
  const QueueRecord record = inserted();
  const std::array touches = {touch(record.recipient_id, Need::change)};
  auto settings = settings_for(database_.conninfo());
  settings.statement_limit = std::chrono::milliseconds(100);
  auto impatient = PostgresQueueStore::open(settings, test_keys());
  ASSERT_TRUE(impatient) << impatient.error().message;
  auto transaction = first_->begin(touches).value();
  auto refused = (*impatient)->begin(touches);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(transaction->append(record.recipient_id, values_.message(), false));
  EXPECT_TRUE(transaction->commit());
  auto again = (*impatient)->begin(std::array{touch(record.recipient_id, Need::state)});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->state(record.recipient_id).value().messages, 1U);
}

TEST_F(Replicas, AQueueThatWasNotAnnouncedIsLockedAndMustBeAsItWasRead) {
  const QueueRecord record = inserted();
  auto transaction = first_->begin({}).value();
  EXPECT_EQ(transaction->state(record.recipient_id).value().messages, 0U);
  append(*second_, record, values_.message());
  auto status = transaction->append(record.recipient_id, values_.message(), false);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(transaction->commit());
  transaction.reset();
  auto after = second_->begin({}).value();
  EXPECT_EQ(after->state(record.recipient_id).value().messages, 1U);
}

TEST_F(Replicas, AnIdThatBothTakeGoesToOne) {
  const QueueRecord first = values_.record();
  QueueRecord second = values_.record();
  second.sender_id = first.sender_id;
  auto a = first_->begin({}).value();
  auto b = second_->begin({}).value();
  EXPECT_EQ(a->resolve(Role::sender, first.sender_id.view()).value(), std::nullopt);
  EXPECT_EQ(b->resolve(Role::sender, first.sender_id.view()).value(), std::nullopt);
  ASSERT_TRUE(a->insert(first));
  ASSERT_TRUE(b->insert(second));
  EXPECT_TRUE(a->commit());
  EXPECT_EQ(b->commit().error().code, ErrorCode::conflict);
  b.reset();
  auto after = second_->begin({}).value();
  EXPECT_EQ(after->resolve(Role::sender, first.sender_id.view()).value(), first.recipient_id);
  EXPECT_EQ(after->find(second.recipient_id).value(), nullptr);
}

TEST_F(Replicas, ExpiryPassesOverWhatOthersWorkOn) {
  const QueueRecord busy = inserted();
  const QueueRecord idle = inserted();
  for (const auto& record : {busy, idle}) append(*first_, record, values_.message(kTestSeconds - 10));
  auto working = first_->begin(std::array{touch(busy.recipient_id, Need::change)}).value();
  const auto expire = [&] {
    auto transaction = second_->begin({}).value();
    const auto expired = transaction->expire(kTestSeconds, 100);
    EXPECT_TRUE(expired) << expired.error().message;
    EXPECT_TRUE(transaction->commit());
    return expired.value().messages;
  };
  EXPECT_EQ(expire(), 1U);
  working.reset();
  // The rollback is on its way.
  test::wait_until("the other queue to expire", [&] { return expire() == 1; });
}

TEST_F(Replicas, TotalsOfOthersAreTakenIn) {
  const QueueRecord record = inserted();
  append(*second_, record, values_.message());
  auto third = database_.open_store();
  EXPECT_EQ(third->totals(), (StoreTotals{.queues = 1, .messages = 1}));
  test::wait_until("the totals to be read again", [&] {
    append(*first_, record, values_.message());
    const auto stored = database_.execute("SELECT sum(messages) FROM queue_totals");
    return std::to_string(first_->totals().messages) == stored;
  });
}

// What was committed, of each queue in the order of the commits.
struct Committed {
  std::map<RecipientId, std::vector<MessageId>> appended;
  std::map<RecipientId, std::vector<MessageId>> popped;
  std::map<RecipientId, std::uint64_t> changes;
};

// Works on a few queues of many at a time, in any order, as groups of operations do.
class Worker {
 public:
  Worker(const TestDatabase& database, std::vector<RecipientId> queues, std::uint32_t seed)
      : store_(database.open_store()), queues_(std::move(queues)), random_(seed), values_(seed) {}

  void work(int groups) {
    for (int i = 0; i < groups; ++i) {
      if (!group()) ++failures;
    }
  }

  Committed committed;
  int failures = 0;

  static constexpr std::uint32_t kQuota = 10;

 private:
  bool group() {
    std::vector<RecipientId> chosen;
    std::sample(queues_.begin(), queues_.end(), std::back_inserter(chosen), 4, random_);
    std::shuffle(chosen.begin(), chosen.end(), random_);
    std::vector<Touch> touches;
    for (const auto& id : chosen) touches.push_back(touch(id, random_() % 2 == 0 ? Need::change : Need::pop));
    auto begun = store_->begin(touches);
    if (!begun) return false;
    Committed done;
    for (const auto& id : chosen) operate(**begun, id, done);
    if (!(*begun)->commit()) return false;
    for (auto& [id, ids] : done.appended) append_to(committed.appended[id], ids);
    for (auto& [id, ids] : done.popped) append_to(committed.popped[id], ids);
    for (auto& [id, count] : done.changes) committed.changes[id] += count;
    return true;
  }
  static void append_to(std::vector<MessageId>& out, const std::vector<MessageId>& ids) {
    out.insert(out.end(), ids.begin(), ids.end());
  }

  void operate(QueueTransaction& transaction, const RecipientId& id, Committed& done) {
    switch (random_() % 4) {
      case 0:
      case 1: {
        if (transaction.state(id).value().messages >= kQuota) return;
        const auto message = values_.message(kTestSeconds, random_() % 20000);
        EXPECT_TRUE(transaction.append(id, message, false));
        done.appended[id].push_back(message->id);
        return;
      }
      case 2: {
        const auto head = transaction.head_id(id).value();
        if (!head) return;
        EXPECT_TRUE(transaction.pop(id));
        done.popped[id].push_back(*head);
        const auto next = transaction.head(id).value();
        EXPECT_EQ(next != nullptr, transaction.state(id).value().messages > 0);
        return;
      }
      default: {
        const RecordPtr before = transaction.find(id).value();
        QueueRecord after = *before;
        after.version += 1;
        EXPECT_TRUE(transaction.update(*before, after));
        done.changes[id] += 1;
      }
    }
  }

  std::unique_ptr<PostgresQueueStore> store_;
  std::vector<RecipientId> queues_;
  std::mt19937 random_;
  TestValues values_;
};

TEST_F(Replicas, KeepOrderCountsAndVersionsTogether) {
  std::vector<RecipientId> queues;
  for (int i = 0; i < 12; ++i) queues.push_back(inserted().recipient_id);
  std::vector<Worker> workers;
  for (std::uint32_t seed = 100; seed < 103; ++seed) workers.emplace_back(database_, queues, seed);
  std::vector<std::thread> threads;
  for (auto& worker : workers) threads.emplace_back([&worker] { worker.work(150); });
  for (auto& thread : threads) thread.join();

  std::uint64_t left_in_all = 0;
  auto transaction = first_->begin({}).value();
  for (const auto& id : queues) {
    std::uint64_t version = 1;
    std::vector<MessageId> appended;
    std::vector<MessageId> popped;
    for (auto& worker : workers) {
      EXPECT_EQ(worker.failures, 0);
      version += worker.committed.changes[id];
      appended.insert(appended.end(), worker.committed.appended[id].begin(), worker.committed.appended[id].end());
      popped.insert(popped.end(), worker.committed.popped[id].begin(), worker.committed.popped[id].end());
    }
    EXPECT_EQ(transaction->find(id).value()->version, version);
    std::vector<MessageId> left;
    for (MessagePtr head = transaction->head(id).value(); head; head = transaction->head(id).value()) {
      left.push_back(head->id);
      ASSERT_TRUE(transaction->pop(id));
    }
    EXPECT_LE(left.size(), Worker::kQuota);
    left_in_all += left.size();

    // Nothing was lost and nothing came twice …
    std::vector<MessageId> seen = popped;
    seen.insert(seen.end(), left.begin(), left.end());
    std::sort(seen.begin(), seen.end());
    std::vector<MessageId> sent = appended;
    std::sort(sent.begin(), sent.end());
    EXPECT_EQ(seen, sent);

    // … and what one appended was removed by another in the order in which it was appended.
    for (auto& source : workers) {
      std::map<MessageId, std::size_t> place;
      for (const auto& message : source.committed.appended[id]) place.emplace(message, place.size());
      for (auto& worker : workers) {
        std::vector<std::size_t> places;
        for (const auto& message : worker.committed.popped[id]) {
          if (place.contains(message)) places.push_back(place[message]);
        }
        EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
      }
    }
  }
  EXPECT_EQ(database_.execute("SELECT sum(queues) || ' ' || sum(messages) FROM queue_totals"),
            "12 " + std::to_string(left_in_all));
}

}  // namespace
}  // namespace sotto::queue
