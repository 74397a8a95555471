// What lies in the database, and how the statements get at it: partitions, plans, updates in place, sealed secrets.
#include <array>
#include <string>

#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/postgres/statements.hpp"
#include "services/queue/storage/postgres/test_database.hpp"

namespace sotto::queue {
namespace {

using Need = Touch::Need;

constexpr std::chrono::milliseconds kLimit = std::chrono::seconds(60);
constexpr int kPartitions = 4;

class Schema : public testing::Test {
 protected:
  void append(const RecipientId& id, const MessagePtr& message) {
    auto transaction = store_->begin(std::array{Touch{Role::recipient, id.bytes, Need::change}}).value();
    EXPECT_TRUE(transaction->append(id, message, false));
    EXPECT_TRUE(transaction->commit());
  }
  void pop(const RecipientId& id) {
    auto transaction = store_->begin(std::array{Touch{Role::recipient, id.bytes, Need::pop}}).value();
    EXPECT_TRUE(transaction->pop(id));
    EXPECT_TRUE(transaction->commit());
  }
  QueueRecord inserted() {
    QueueRecord record = values_.record();
    record.notifier = values_.notifier();
    record.link_id = values_.id<LinkId>();
    auto transaction = store_->begin({}).value();
    EXPECT_TRUE(transaction->insert(record));
    EXPECT_TRUE(transaction->put_link(record.recipient_id, values_.link()));
    EXPECT_TRUE(transaction->commit());
    return record;
  }

  TestValues values_;
  TestDatabase database_;
  std::unique_ptr<PostgresQueueStore> store_ = database_.open_store();
};

TEST_F(Schema, RowsSpreadOverThePartitions) {
  for (int i = 0; i < 100; ++i) append(inserted().recipient_id, values_.message());
  for (const std::string table : {"queues", "messages", "links", "sender_ids", "notifier_ids", "link_ids"}) {
    for (int i = 0; i < kPartitions; ++i) {
      const auto partition = table + "_" + std::to_string(i);
      EXPECT_NE(database_.execute("SELECT count(*) FROM " + partition), "0") << partition;
    }
    EXPECT_EQ(database_.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = '" + table + "'::regclass"),
              std::to_string(kPartitions));
  }
  // What belongs to one queue has one distribution value, so it lies in partitions with one number.
  EXPECT_EQ(database_.execute("SELECT count(*) FROM messages m JOIN queues q USING (recipient_id) WHERE "
                              "substring(m.tableoid::regclass::text from '[0-9]+$') <> "
                              "substring(q.tableoid::regclass::text from '[0-9]+$')"),
            "0");
}

TEST_F(Schema, MessagesStayInTheirPagesAndUpdatesTouchNoIndex) {
  const RecipientId id = inserted().recipient_id;
  append(id, values_.message(kTestSeconds, 16122));
  EXPECT_EQ(database_.execute("SELECT string_agg(part || ':' || (octet_length(body) > 8000), ' ' ORDER BY part) "
                              "FROM messages"),
            "0:true 1:true");
  for (int i = 0; i < 30; ++i) {
    append(id, values_.message(kTestSeconds + i, 16122));
    pop(id);
  }
  EXPECT_EQ(database_.execute("SELECT sum(pg_relation_size(c.reltoastrelid)) FROM pg_inherits i "
                              "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'messages'::regclass"),
            "0");
  store_.reset();  // the statistics of a session are there when it has ended
  test::wait_until("the statistics", [&] {
    return database_.execute("SELECT sum(n_tup_upd) FROM pg_stat_user_tables WHERE relname LIKE 'queues\\_%'") == "61";
  });
  // All but the first, which put the queue into the expiry index.
  EXPECT_EQ(database_.execute("SELECT sum(n_tup_upd - n_tup_hot_upd) FROM pg_stat_user_tables "
                              "WHERE relname LIKE 'queues\\_%'"),
            "1");
}

TEST_F(Schema, SecretsAreSealed) {
  const QueueRecord record = inserted();
  for (const auto& secret : {record.recipient_box_key, record.notifier->box_key}) {
    EXPECT_EQ(database_.execute("SELECT count(*) FROM queues q WHERE q::text LIKE '%" + to_hex(secret.expose()) + "%'"),
              "0");
  }
  EXPECT_EQ(database_.execute("SELECT sealing_key FROM queues"), "7");
  EXPECT_EQ(database_.execute("SELECT count(*) FROM queues WHERE recipient_secret = notifier_secret"), "0");

  // Put into another row, a secret does not open; with another platform key, none does.
  const QueueRecord other = inserted();
  database_.execute(
      "UPDATE queues SET recipient_secret = (SELECT recipient_secret FROM queues WHERE recipient_id = '\\x" +
      to_hex(record.recipient_id.view()) + "') WHERE recipient_id = '\\x" + to_hex(other.recipient_id.view()) + "'");
  auto transaction = store_->begin({}).value();
  EXPECT_TRUE(transaction->find(record.recipient_id));
  EXPECT_EQ(transaction->find(other.recipient_id).error().code, ErrorCode::unavailable);
  transaction.reset();
  auto keys = crypto::KeyRing::parse("8:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").value();
  auto stranger = PostgresQueueStore::open(settings_for(database_.conninfo()), std::move(keys)).value();
  EXPECT_EQ(stranger->begin({}).value()->find(record.recipient_id).error().code, ErrorCode::unavailable);
}

TEST_F(Schema, AnUpdateSealsWithTheNewestPlatformKey) {
  const QueueRecord record = inserted();
  auto keys = crypto::KeyRing::parse(
                  "8:HxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4=\n7:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
                  .value();
  auto store = PostgresQueueStore::open(settings_for(database_.conninfo()), keys).value();
  QueueRecord changed = record;
  changed.version = 2;
  auto transaction = store->begin({}).value();
  ASSERT_TRUE(transaction->update(record, changed));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(database_.execute("SELECT sealing_key FROM queues"), "8");
  EXPECT_TRUE(*store->begin({}).value()->find(record.recipient_id).value() == changed);
}

TEST_F(Schema, UnknownValuesAreRefusedAndNotGuessed) {
  const QueueRecord record = inserted();
  append(record.recipient_id, values_.message());
  for (const char* damage : {"UPDATE queues SET mode = 3", "UPDATE queues SET status = -1",
                             "UPDATE queues SET recipient_keys = '\\x04'", "UPDATE queues SET recipient_keys = ''",
                             "UPDATE queues SET sender_key = '\\x01aabb'", "UPDATE queues SET notifier_key = NULL",
                             "UPDATE queues SET next_sequence = -1", "UPDATE queues SET sender_id = '\\xaa'"}) {
    database_.execute("CREATE TABLE saved AS SELECT * FROM queues");
    database_.execute(damage);
    auto found = store_->begin({}).value()->find(record.recipient_id);
    ASSERT_FALSE(found) << damage;
    EXPECT_EQ(found.error().code, ErrorCode::unavailable);
    database_.execute("DELETE FROM queues; INSERT INTO queues SELECT * FROM saved; DROP TABLE saved");
  }
  database_.execute("DELETE FROM messages");
  EXPECT_EQ(store_->begin({}).value()->head(record.recipient_id).error().code, ErrorCode::unavailable);
  EXPECT_EQ(store_->begin({}).value()->expire(kTestSeconds + 1, 10).error().code, ErrorCode::unavailable);
}

// ---- plans, with 100 000 queues and as many messages

// The id of queue i, as SQL.
std::string id_of(const std::string& kind, const std::string& i) {
  return "substring(sha256(('" + kind + "' || " + i + ")::bytea) for 24)";
}

class Plans : public Schema {
 protected:
  Plans() {
    postgres::ConnectOptions options;
    options.conninfo = database_.conninfo();
    options.session = sql::session(kLimit);
    connection_ = std::move(postgres::Connection::connect(options)).value();
  }

  void fill() {
    const std::string rows = " FROM generate_series(1, 100000) AS i";
    const std::string id = id_of("queue", "i");
    database_.execute(
        "INSERT INTO queues SELECT " + id + ", 1, " + id_of("sender", "i") +
        ", 1, 0, 0, '', '\\x01', NULL, NULL, NULL, NULL, 7, ''::bytea, NULL, 5, 6, NULL, false, false, i, "
        "CASE WHEN i % 2 = 0 THEN i END" +
        rows);
    database_.execute("INSERT INTO sender_ids SELECT " + id_of("sender", "i") + ", " + id + rows);
    database_.execute("INSERT INTO messages SELECT 5, i, 0, 0, " + id + ", " + id_of("message", "i") + ", ''" + rows);
  }
  void analyze() {
    database_.execute("ANALYZE");
    ASSERT_TRUE(connection_->script("DISCARD PLANS", kLimit));
  }

  // What the server did for a statement with these arguments, given as SQL, as text; undone.
  std::string plan(const postgres::Statement& statement, const std::string& arguments) {
    const std::string name = statement.name;
    EXPECT_TRUE(connection_->script("BEGIN; PREPARE " + name + " AS " + statement.sql, kLimit));
    const std::string explain =
        "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE " + name + "(" + arguments + ")";
    auto rows = connection_->query(explain.c_str(), {}, kLimit);
    EXPECT_TRUE(rows) << rows.error().message;
    std::string out;
    for (std::size_t row = 0; row < rows->size(); ++row) out += std::string(rows->text(row, 0)) + "\n";
    EXPECT_TRUE(connection_->script("ROLLBACK; DEALLOCATE " + name, kLimit));
    return out;
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t out = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++out;
    return out;
  }
  // Every table is searched by index.
  static void expect_by_index(const std::string& plan) {
    EXPECT_EQ(count(plan, "Seq Scan"), 0U) << plan;
    EXPECT_EQ(count(plan, "Join Filter"), 0U) << plan;
    EXPECT_GE(count(plan, " using "), static_cast<std::size_t>(kPartitions)) << plan;
    EXPECT_EQ(count(plan, " using "), count(plan, "Index Cond: ")) << plan;
  }
  // For an id of one queue that is there: of each table's partitions all but one are left alone.
  static void expect_one_partition(const std::string& plan) {
    const std::size_t scans = count(plan, " using ");
    EXPECT_EQ(scans % kPartitions, 0U) << plan;
    EXPECT_EQ(count(plan, "(never executed)"), scans / kPartitions * (kPartitions - 1)) << plan;
  }
  std::vector<std::string> plans_of_hot_statements() {
    std::vector<std::string> out;
    for (const auto* statement : {&sql::kLockQueues, &sql::kReadQueues, &sql::kReadHeads, &sql::kWithMessages,
                                  &sql::kDeleteQueues, &sql::kDeleteAllMessages, &sql::kDeleteLinks}) {
      out.push_back(plan(*statement, one_));
    }
    out.push_back(plan(sql::kReadTimes, one_ + ", 10"));
    out.push_back(plan(sql::read_by(Role::sender), "ARRAY[" + id_of("sender", "77") + "]"));
    out.push_back(plan(sql::delete_ids(Role::sender), "ARRAY[" + id_of("sender", "77") + "]"));
    out.push_back(plan(sql::kDeleteMessages, one_ + ", ARRAY[5], ARRAY[6]"));
    out.push_back(plan(sql::kUpdateCounters, one_ + ", ARRAY[5], ARRAY[6], ARRAY[NULL::bytea], ARRAY[false], "
                                                    "ARRAY[false], ARRAY[1], ARRAY[2]"));
    return out;
  }

  std::unique_ptr<postgres::Connection> connection_;
  const std::string one_ = "ARRAY[" + id_of("queue", "77") + "]";
};

// Also before the first statistics, and with those of tables that were still empty.
TEST_F(Plans, PagesAreGivenToTheDiskSoon) {
  auto rows = connection_->query("SHOW backend_flush_after", {}, kLimit);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->text(0, 0), "1MB");
}

TEST_F(Plans, AreByIndexWhateverTheStatisticsSay) {
  for (const auto& plan : plans_of_hot_statements()) expect_by_index(plan);
  analyze();
  for (const auto& plan : plans_of_hot_statements()) expect_by_index(plan);
  fill();
  for (const auto& plan : plans_of_hot_statements()) expect_one_partition(plan);
  analyze();
  for (const auto& plan : plans_of_hot_statements()) {
    expect_by_index(plan);
    expect_one_partition(plan);
  }
  for (const auto& plan :
       {plan(sql::kReadMessages, id_of("queue", "77") + ", 5, 6"), plan(sql::kReadLink, id_of("queue", "77"))}) {
    EXPECT_EQ(count(plan, "Index Scan using"), 1U) << plan;
    EXPECT_EQ(count(plan, "Subplans Removed: 3"), 1U) << plan;
  }

  const std::string expired = plan(sql::kLockExpired, "101, 1000");
  expect_by_index(expired);
  EXPECT_NE(expired.find("expires_from"), std::string::npos) << expired;
  EXPECT_EQ(expired.find("Rows Removed by Filter"), std::string::npos) << expired;
  EXPECT_NE(expired.find("rows=50 "), std::string::npos) << expired;
}

}  // namespace
}  // namespace sotto::queue
