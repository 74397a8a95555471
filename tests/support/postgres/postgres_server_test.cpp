#include "tests/support/postgres/postgres_server.hpp"

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/postgres/process_tree.hpp"

namespace sotto::test {
namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection connect(const std::string& conninfo) {
  return {PQconnectdb(conninfo.c_str()), &PQfinish};
}

TEST(PostgresServer, RecoversWhatWasCommittedWhenItWasKilled) {
  PostgresServer server;
  server.create_database("work");
  server.execute("CREATE TABLE numbers AS SELECT n FROM generate_series(1, 1000) n", "work");
  const auto session = connect(server.conninfo("work"));
  PQclear(PQexec(session.get(), "BEGIN; INSERT INTO numbers SELECT 1 FROM generate_series(1, 1000)"));

  const auto before = server.pids();
  EXPECT_GE(before.size(), 2U);
  server.kill();
  for (const auto process : before) EXPECT_FALSE(is_running(process));
  EXPECT_TRUE(server.pids().empty());
  EXPECT_THROW(server.execute("SELECT 1"), std::runtime_error);

  server.start();
  EXPECT_EQ(server.execute("SELECT count(*) FROM numbers", "work"), "1000");
  EXPECT_NE(server.log().find("database system was not properly shut down"), std::string::npos);
}

TEST(PostgresServer, StopsAndStartsOnTheSamePort) {
  PostgresServer server(PostgresServer::Options{false, false, {}});
  const auto port = server.port();
  EXPECT_EQ(server.execute("SHOW fsync"), "off");
  server.execute("CREATE TABLE kept AS SELECT 7 AS n");
  server.stop();
  EXPECT_NE(PQstatus(connect(server.conninfo()).get()), CONNECTION_OK);
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(server.execute("SELECT n FROM kept"), "7");
  EXPECT_EQ(PQstatus(connect(server.url()).get()), CONNECTION_OK);
}

TEST(PostgresServer, AsksForThePasswordWhenItShall) {
  PostgresServer server(PostgresServer::Options{false, true, {"max_connections=20"}});
  EXPECT_EQ(server.execute("SHOW max_connections"), "20");
  EXPECT_NE(PQstatus(connect(server.conninfo()).get()), CONNECTION_OK);
  EXPECT_NE(PQstatus(connect(server.conninfo() + " password=wrong").get()), CONNECTION_OK);
}

}  // namespace
}  // namespace sotto::test
