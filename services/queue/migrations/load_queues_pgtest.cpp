// The file that fills a database for measurements (bench/load_queues.sql) and the schema must fit each other.
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::queue {
namespace {

TEST(LoadQueues, FillsAllTablesOfTheSchema) {
  test::PostgresServer server({.durable = false, .ask_password = false, .settings = {}});
  postgres::ConnectOptions options;
  options.conninfo = server.conninfo();
  const auto session = postgres::AdminSession::connect(options).value();
  ASSERT_TRUE(postgres::migrate(*session, migrations(), [](const postgres::Migration& /*applied*/) {}).ok());
  std::ifstream file(SOTTO_SOURCE_ROOT "/bench/load_queues.sql");
  const std::string script(std::istreambuf_iterator<char>(file), {});
  for (const auto* seed : {"one", "two"}) {
    std::string text = "SET LOCAL sotto.load_queues = 1000; SET LOCAL sotto.load_seed = '";
    text.append(seed).append("';").append(script);
    const auto loaded = session->transaction(
        std::chrono::minutes(1), [&](postgres::AdminSession::Transaction& work) { return work.script(text); });
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  }
  EXPECT_EQ(server.execute("SELECT sum(queues) || ' ' || sum(messages) FROM queue_totals"), "2000 0");
  EXPECT_EQ(server.execute("SELECT count(*) FROM queues NATURAL JOIN sender_ids"), "2000");
  EXPECT_EQ(server.execute("SELECT count(*) FROM queues NATURAL JOIN notifier_ids"), "800");
  EXPECT_EQ(server.execute("SELECT count(*) FROM queues NATURAL JOIN link_ids NATURAL JOIN links"), "200");
  EXPECT_EQ(server.execute("SELECT count(*) FROM queues WHERE recipient_id = substr(sha256('two recipient 7'), 1, 24)"),
            "1");
}

}  // namespace
}  // namespace sotto::queue
