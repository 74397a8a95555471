#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "libs/postgres/connection.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::postgres {
namespace {

using test::PostgresServer;
using test::wait_until;

constexpr std::chrono::milliseconds kLimit = std::chrono::seconds(20);

const Statement kDouble{"double", "SELECT 2 * $1::int8"};
const Statement kOne{"one", "SELECT 1::int4"};
const Statement kInsert{"insert", "INSERT INTO numbers VALUES ($1::int8)"};
const Statement kNoSuchTable{"no_such_table", "SELECT * FROM no_such_table"};
const Statement kBegin{"begin", "BEGIN"};
const Statement kCommit{"commit", "COMMIT"};
const Statement kSleep{"sleep", "SELECT pg_sleep(3600)"};

class ConnectionTest : public testing::Test {
 protected:
  std::unique_ptr<Connection> connect() {
    ConnectOptions options;
    options.conninfo = server_.conninfo();
    auto connection = Connection::connect(options);
    EXPECT_TRUE(connection) << connection.error().message;
    return std::move(*connection);
  }
  Result<std::vector<Rows>> run(const Pipeline& pipeline) { return connection_->run(pipeline, kLimit); }
  void TearDown() override { connection_.reset(); }

  PostgresServer server_{PostgresServer::Options{.durable = false, .ask_password = false, .settings = {}}};
  std::unique_ptr<Connection> connection_ = connect();
};

TEST_F(ConnectionTest, ValuesOfEveryTypeComeBack) {
  const Bytes bytes = {0, 1, 255};
  auto rows = connection_->query("SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::bytea, $6::text, $7::int8",
                                 Params()
                                     .add(true)
                                     .add(std::int16_t{-2})
                                     .add(std::int32_t{-3})
                                     .add(std::int64_t{-4})
                                     .add(ByteView(bytes))
                                     .add(std::string_view("t\xc3\xa9xt"))
                                     .null(),
                                 kLimit);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_TRUE(rows->boolean(0, 0));
  EXPECT_EQ(rows->int2(0, 1), -2);
  EXPECT_EQ(rows->int4(0, 2), -3);
  EXPECT_EQ(rows->int8(0, 3), -4);
  EXPECT_TRUE(equal(rows->bytes(0, 4), bytes));
  EXPECT_EQ(rows->text(0, 5), "t\xc3\xa9xt");
  EXPECT_TRUE(rows->is_null(0, 6));
  EXPECT_THROW(static_cast<void>(rows->int8(0, 1)), std::logic_error);
  EXPECT_THROW(static_cast<void>(rows->int8(0, 6)), std::logic_error);
  EXPECT_THROW(static_cast<void>(rows->bytes(1, 0)), std::logic_error);
}

TEST_F(ConnectionTest, ArraysBecomeRows) {
  Array ids(Array::Element::bytea);
  Array numbers(Array::Element::int8);
  Array flags(Array::Element::boolean);
  const Bytes first = {1, 2};
  ids.add(ByteView(first));
  ids.add(ByteView());
  ids.add_null();
  numbers.add(std::int64_t{1} << 40);
  numbers.add(std::int64_t{-1});
  numbers.add(std::optional<std::int64_t>());
  for (const bool flag : {true, false, true}) flags.add(flag);
  Params params;
  params.add(std::move(ids)).add(std::move(numbers)).add(std::move(flags));
  auto rows = connection_->query("SELECT * FROM unnest($1::bytea[], $2::int8[], $3::bool[])", params, kLimit);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_TRUE(equal(rows->bytes(0, 0), first));
  EXPECT_FALSE(rows->is_null(1, 0));
  EXPECT_TRUE(rows->bytes(1, 0).empty());
  EXPECT_TRUE(rows->is_null(2, 0));
  EXPECT_EQ(rows->int8(0, 1), std::int64_t{1} << 40);
  EXPECT_EQ(rows->int8(1, 1), -1);
  EXPECT_TRUE(rows->is_null(2, 1));
  EXPECT_FALSE(rows->boolean(1, 2));
}

TEST_F(ConnectionTest, APipelineGivesTheResultsInOrderAndPreparesOnce) {
  for (std::int64_t round = 0; round < 3; ++round) {
    Pipeline pipeline;
    EXPECT_EQ(pipeline.add(kDouble, std::move(Params().add(round))), 0U);
    EXPECT_EQ(pipeline.add(kOne), 1U);
    EXPECT_EQ(pipeline.add(kDouble, std::move(Params().add(round + 1))), 2U);
    auto results = run(pipeline);
    ASSERT_TRUE(results) << results.error().message;
    ASSERT_EQ(results->size(), 3U);
    EXPECT_EQ((*results)[0].int8(0, 0), 2 * round);
    EXPECT_EQ((*results)[1].int4(0, 0), 1);
    EXPECT_EQ((*results)[2].int8(0, 0), 2 * round + 2);
  }
  auto prepared = connection_->query("SELECT count(*) FROM pg_prepared_statements", {}, kLimit);
  EXPECT_EQ(prepared->int8(0, 0), 2);
}

TEST_F(ConnectionTest, TheFirstFailureEndsThePipelineAndTheConnectionGoesOn) {
  ASSERT_TRUE(connection_->script("CREATE TABLE numbers (n bigint PRIMARY KEY)", kLimit));
  Pipeline pipeline;
  pipeline.add(kBegin);
  pipeline.add(kInsert, std::move(Params().add(std::int64_t{1})));
  pipeline.add(kNoSuchTable);
  pipeline.add(kCommit);
  auto results = run(pipeline);
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code, ErrorCode::configuration);
  EXPECT_NE(results.error().message.find("no_such_table"), std::string::npos);
  EXPECT_TRUE(connection_->usable());

  connection_->post("ROLLBACK");
  Pipeline next;
  next.add(kInsert, std::move(Params().add(std::int64_t{2})));
  next.add(kOne);
  ASSERT_TRUE(run(next));
  EXPECT_EQ(server_.execute("SELECT string_agg(n::text, ' ') FROM numbers"), "2");
}

TEST_F(ConnectionTest, WithoutBeginAPipelineIsOneTransaction) {
  ASSERT_TRUE(connection_->script("CREATE TABLE numbers (n bigint PRIMARY KEY)", kLimit));
  Pipeline pipeline;
  pipeline.add(kInsert, std::move(Params().add(std::int64_t{1})));
  pipeline.add(kInsert, std::move(Params().add(std::int64_t{1})));
  auto results = run(pipeline);
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code, ErrorCode::conflict);
  EXPECT_EQ(results.error().message.find("(1)"), std::string::npos) << "the message shows a value";
  EXPECT_EQ(server_.execute("SELECT count(*) FROM numbers"), "0");
}

TEST_F(ConnectionTest, PostedCommandsAreAnsweredUnseen) {
  ASSERT_TRUE(connection_->script("CREATE TABLE numbers (n bigint PRIMARY KEY)", kLimit));
  Pipeline pipeline;
  pipeline.add(kBegin);
  pipeline.add(kInsert, std::move(Params().add(std::int64_t{1})));
  ASSERT_TRUE(run(pipeline));
  connection_->post("ROLLBACK");
  wait_until("the row to be rolled back", [&] {
    return server_.execute("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") == "0";
  });
  connection_->post("no such command");
  auto script = connection_->script("INSERT INTO numbers VALUES (5)", kLimit);
  EXPECT_TRUE(script) << script.error().message;
  connection_->post("SELECT 1");
  EXPECT_EQ(connection_->query("SELECT count(*) FROM numbers", {}, kLimit)->int8(0, 0), 1);
}

TEST_F(ConnectionTest, AStatementThatTakesTooLongEndsHereAndThere) {
  Pipeline pipeline;
  pipeline.add(kSleep);
  auto results = connection_->run(pipeline, std::chrono::milliseconds(50));
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code, ErrorCode::timeout);
  EXPECT_FALSE(connection_->usable());
  EXPECT_EQ(run(pipeline).error().code, ErrorCode::connection_failed);
  connection_->post("ROLLBACK");
  wait_until("the server to notice", [&] {
    return server_.execute(
               "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%3600%' AND pid <> "
               "pg_backend_pid()") == "0";
  });
}

TEST_F(ConnectionTest, ALostConnectionIsNoticedAndNotUsedAgain) {
  Pipeline pipeline;
  pipeline.add(kOne);
  ASSERT_TRUE(run(pipeline));
  server_.kill();
  auto results = run(pipeline);
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code, ErrorCode::connection_failed);
  EXPECT_FALSE(connection_->usable());
  ConnectOptions options;
  options.conninfo = server_.conninfo();
  EXPECT_EQ(Connection::connect(options).error().code, ErrorCode::connection_failed);
  server_.start();
  connection_ = connect();
  EXPECT_TRUE(run(pipeline));
}

TEST_F(ConnectionTest, ManyBytesInBothDirectionsDoNotBlockEachOther) {
  static const Statement kEcho{"echo", "SELECT $1::bytea"};
  const Bytes big(4U << 20U, 0x5a);
  Pipeline pipeline;
  for (int i = 0; i < 8; ++i) pipeline.add(kEcho, std::move(Params().add(ByteView(big))));
  auto results = run(pipeline);
  ASSERT_TRUE(results) << results.error().message;
  for (const auto& rows : *results) EXPECT_TRUE(equal(rows.bytes(0, 0), big));
}

TEST_F(ConnectionTest, AScriptRunsAllOfItOrNothing) {
  EXPECT_TRUE(connection_->script("CREATE TABLE a (n int); CREATE TABLE b (n int); SELECT 1", kLimit));
  auto failed = connection_->script("CREATE TABLE c (n int); CREATE TABLE a (n int)", kLimit);
  ASSERT_FALSE(failed);
  EXPECT_EQ(server_.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "2");
  Pipeline pipeline;
  pipeline.add(kOne);
  EXPECT_TRUE(run(pipeline));
}

TEST(Connect, TakesThePasswordAndNeverShowsIt) {
  PostgresServer server(PostgresServer::Options{.durable = false, .ask_password = true, .settings = {}});
  ConnectOptions options;
  options.conninfo = server.conninfo();
  options.password = SecretString(PostgresServer::password());
  options.session = "SET application_name = 'first'; SET application_name = 'second'";
  auto connection = Connection::connect(options);
  ASSERT_TRUE(connection) << connection.error().message;
  EXPECT_EQ((*connection)->query("SHOW application_name", {}, kLimit)->text(0, 0), "second");

  options.password = SecretString("quite wrong");
  const auto refused = Connection::connect(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::connection_failed);
  EXPECT_EQ(refused.error().message.find("quite wrong"), std::string::npos);
}

TEST(Connect, TakesTheFirstHostThatCanBeWrittenTo) {
  PostgresServer reads_only(PostgresServer::Options{
      .durable = false, .ask_password = false, .settings = {"default_transaction_read_only=on"}});
  PostgresServer server(PostgresServer::Options{.durable = false, .ask_password = false, .settings = {}});
  ConnectOptions options;
  options.conninfo = "host=127.0.0.1,127.0.0.1,127.0.0.1 port=" + std::to_string(test::free_port()) + "," +
                     std::to_string(reads_only.port()) + "," + std::to_string(server.port()) +
                     " user=sotto dbname=postgres";
  auto connection = Connection::connect(options);
  ASSERT_TRUE(connection) << connection.error().message;
  EXPECT_EQ((*connection)->query("SHOW port", {}, kLimit)->text(0, 0), std::to_string(server.port()));
}

}  // namespace
}  // namespace sotto::postgres
