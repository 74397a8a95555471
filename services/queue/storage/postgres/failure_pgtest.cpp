// The database goes away, at bad moments too; and databases with another schema.
#include <array>
#include <thread>

#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/postgres/test_database.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::queue {
namespace {

using Need = Touch::Need;
using test::PostgresServer;

class Failure : public testing::Test {
 protected:
  QueueRecord inserted() {
    QueueRecord record = values_.record();
    auto transaction = store_->begin({}).value();
    EXPECT_TRUE(transaction->insert(record));
    EXPECT_TRUE(transaction->commit());
    return record;
  }
  [[nodiscard]] Result<std::unique_ptr<QueueTransaction>> begin(const RecipientId& id, Need need = Need::change) const {
    return store_->begin(std::array{Touch{Role::recipient, id.bytes, need}});
  }
  // Once the store has a connection again.
  std::vector<MessageId> messages(const RecipientId& id) {
    std::unique_ptr<QueueTransaction> transaction;
    test::wait_until("the store to connect", [&] {
      auto begun = begin(id);
      if (begun) transaction = std::move(*begun);
      return transaction != nullptr;
    });
    std::vector<MessageId> out;
    for (auto head = transaction->head(id); head && *head; head = transaction->head(id)) {
      out.push_back((*head)->id);
      EXPECT_TRUE(transaction->pop(id));
    }
    return out;
  }

  static std::unique_ptr<PostgresQueueStore> migrated_store(const PostgresServer& server) {
    migrate_to_newest(server.conninfo());
    return open_store(server.conninfo());
  }

  TestValues values_;
  PostgresServer server_;
  std::unique_ptr<PostgresQueueStore> store_ = migrated_store(server_);
};

TEST_F(Failure, ServerKilledBeforeAndAfterTheCommit) {
  const QueueRecord record = inserted();
  const auto kept = values_.message(kTestSeconds, 16122);
  auto transaction = begin(record.recipient_id).value();
  ASSERT_TRUE(transaction->append(record.recipient_id, kept, false));
  ASSERT_TRUE(transaction->commit());
  server_.kill();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(begin(record.recipient_id).error().code, ErrorCode::unavailable);
  server_.start();
  EXPECT_EQ(messages(record.recipient_id), std::vector{kept->id});

  transaction = begin(record.recipient_id).value();
  ASSERT_TRUE(transaction->append(record.recipient_id, values_.message(), false));
  server_.kill();
  const auto status = transaction->commit();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(transaction->link(record.recipient_id)) << "a failed transaction goes on";
  EXPECT_FALSE(transaction->commit());
  transaction.reset();
  server_.start();
  EXPECT_EQ(messages(record.recipient_id), std::vector{kept->id});
}

TEST_F(Failure, AConnectionThatWasLostWhileIdleIsReplacedUnseen) {
  const QueueRecord record = inserted();
  for (int round = 0; round < 3; ++round) {
    server_.restart();
    auto transaction = begin(record.recipient_id);
    ASSERT_TRUE(transaction) << transaction.error().message;
    EXPECT_TRUE((*transaction)->append(record.recipient_id, values_.message(), false));
    EXPECT_TRUE((*transaction)->commit());
  }
  EXPECT_EQ(messages(record.recipient_id).size(), 3U);
}

TEST_F(Failure, ACommitWithoutAnAnswerIsReportedAsFailed) {
  const QueueRecord record = inserted();
  server_.execute(
      "CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NULL; END "
      "$$;"
      "CREATE CONSTRAINT TRIGGER sleeps AFTER UPDATE ON queue_totals DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION sleep()");
  auto transaction = begin(record.recipient_id).value();
  ASSERT_TRUE(transaction->append(record.recipient_id, values_.message(), false));
  std::thread committing([&] {
    const auto status = transaction->commit();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
  });
  test::wait_until("the commit to be under way", [&] {
    return server_.execute("SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'") == "1";
  });
  server_.kill();
  committing.join();
  EXPECT_EQ(store_->totals(), (StoreTotals{.queues = 1, .messages = 0}));
}

TEST_F(Failure, AStatementThatFailsFailsTheTransactionOnly) {
  const QueueRecord record = inserted();
  auto transaction = begin(record.recipient_id).value();
  server_.execute("ALTER TABLE links RENAME TO gone");
  EXPECT_EQ(transaction->link(record.recipient_id).error().code, ErrorCode::unavailable);
  EXPECT_FALSE(transaction->commit());
  transaction.reset();
  server_.execute("ALTER TABLE gone RENAME TO links");
  auto next = begin(record.recipient_id);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ((*next)->link(record.recipient_id).value(), std::nullopt);
  EXPECT_TRUE((*next)->append(record.recipient_id, values_.message(), false));
  EXPECT_TRUE((*next)->commit());
}

TEST_F(Failure, ADatabaseWithAnotherSchemaIsRefused) {
  const auto empty = PostgresQueueStore::open(settings_for(server_.create_database("empty")), test_keys());
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::conflict);
  EXPECT_NE(empty.error().message.find("run `sotto db migrate`"), std::string::npos) << empty.error().message;

  server_.execute("INSERT INTO sotto_migrations (version, name) VALUES (9999, 'of_the_future')");
  const auto newer = PostgresQueueStore::open(settings_for(server_.conninfo()), test_keys());
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::conflict);
  EXPECT_NE(newer.error().message.find("9999"), std::string::npos) << newer.error().message;
}

}  // namespace
}  // namespace sotto::queue
