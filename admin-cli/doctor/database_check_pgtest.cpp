#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/doctor/clock_check.hpp"
#include "admin-cli/doctor/database_check.hpp"
#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DoctorDatabase : public testing::Test {
 protected:
  [[nodiscard]] Database database() const {
    Database out{{}, queue::migrations()};
    out.options.conninfo = server_.conninfo();
    out.options.password = SecretString(test::PostgresServer::password());
    return out;
  }
  void migrate() const {
    const auto session = postgres::AdminSession::connect(database().options).value();
    const auto status = postgres::migrate(*session, queue::migrations(), [](const postgres::Migration& /*applied*/) {});
    ASSERT_TRUE(status) << status.error().message;
  }
  test::PostgresServer server_{{.durable = false, .ask_password = true, .settings = {"lc_messages=C"}}};
};

TEST_F(DoctorDatabase, IsAsTheServiceNeedsIt) {
  migrate();
  const auto findings = check_database(database());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(state_of(findings), State::ok);
  EXPECT_THAT(findings[0].seen, HasSubstr("the queue schema has version"));
  EXPECT_THAT(findings[1].seen, HasSubstr("connections of PostgreSQL are in use"));
  EXPECT_EQ(compare_with_database(database().options).state, State::ok);
}

TEST_F(DoctorDatabase, LacksTheSchema) {
  const auto findings = check_database(database());
  EXPECT_EQ(state_of(findings), State::failed);
  EXPECT_THAT(findings[0].remedy, HasSubstr("sotto db migrate"));
}

TEST_F(DoctorDatabase, IsNotReached) {
  auto wrong = database();
  wrong.options.password = SecretString("another-secret");
  const auto refused = check_database(wrong);
  EXPECT_EQ(state_of(refused), State::failed);
  EXPECT_THAT(refused[0].seen + refused[0].remedy, AllOf(HasSubstr("password"), Not(HasSubstr("another-secret"))));
  server_.stop();
  EXPECT_EQ(state_of(check_database(database())), State::failed);
  EXPECT_EQ(compare_with_database(database().options).state, State::skipped);
}

TEST(DoctorConnections, RunOut) {
  EXPECT_EQ(judge_connections(20, 97).state, State::ok);
  EXPECT_EQ(judge_connections(88, 97).state, State::warning);
  EXPECT_EQ(judge_connections(98, 97).state, State::warning);
}

}  // namespace
}  // namespace sotto::cli
