#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/postgres/admin_session.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::postgres {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::milliseconds kLimit = std::chrono::seconds(20);

class AdminSessionTest : public testing::Test {
 protected:
  [[nodiscard]] ConnectOptions options() const {
    ConnectOptions options;
    options.conninfo = server_.conninfo();
    options.password = SecretString(test::PostgresServer::password());
    options.application_name = "the admin";
    options.session = "SET work_mem = '1234kB'";
    return options;
  }
  Error error_of(const std::string& sql) { return session_->query(sql, kLimit).error(); }

  test::PostgresServer server_{{.durable = false, .ask_password = true, .settings = {"lc_messages=C"}}};
  std::unique_ptr<AdminSession> session_ = AdminSession::connect(options()).value();
};

TEST_F(AdminSessionTest, ConnectsAsToldAndReadsText) {
  const auto rows = session_->query(
      "SELECT current_setting('application_name'), current_setting('work_mem'), "
      "current_setting('client_connection_check_interval'), -5::int8, NULL, true",
      kLimit);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->text(0, 0), "the admin");
  EXPECT_EQ(rows->text(0, 1), "1234kB");
  EXPECT_EQ(rows->text(0, 2), "1s");
  EXPECT_EQ(rows->integer(0, 3), -5);
  EXPECT_EQ(rows->text(0, 4), "");
  EXPECT_EQ(rows->text(0, 5), "t");
  EXPECT_THROW(static_cast<void>(rows->integer(0, 0)), std::logic_error);
  EXPECT_THROW(static_cast<void>(rows->text(1, 0)), std::logic_error);
  EXPECT_THROW(static_cast<void>(rows->text(0, 6)), std::logic_error);
}

TEST_F(AdminSessionTest, AWrongPasswordIsNotRepeated) {
  auto wrong = options();
  wrong.password = SecretString("hunter2");
  const auto session = AdminSession::connect(wrong);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::connection_failed);
  EXPECT_THAT(session.error().message, AllOf(HasSubstr("no connection to PostgreSQL"), Not(HasSubstr("hunter2"))));
}

TEST_F(AdminSessionTest, ErrorsAreThoseOfAConnection) {
  const auto connection = Connection::connect(options()).value();
  ASSERT_TRUE(
      connection->script("CREATE TABLE numbers (n int PRIMARY KEY); INSERT INTO numbers VALUES (4711)", kLimit));
  for (const auto* sql : {"INSERT INTO numbers VALUES (4711)", "SELECT * FROM numbers_of_nobody", "SELECT 1/0",
                          "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$",
                          "DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "DO $$ BEGIN RAISE SQLSTATE '25006'; END $$"}) {
    const auto error = error_of(sql);
    const auto expected = connection->query(sql, {}, kLimit).error();
    EXPECT_EQ(error.code, expected.code) << sql;
    // It may say where in the statement, too.
    const auto text = expected.message.substr(0, expected.message.rfind(" ("));
    EXPECT_EQ(error.message.substr(0, text.size()), text);
    EXPECT_EQ(error.message.substr(error.message.rfind(" (")), expected.message.substr(text.size()));
    EXPECT_THAT(error.message, Not(HasSubstr("4711")));
  }
}

TEST_F(AdminSessionTest, ATransactionThatFailsLeavesNothing) {
  const auto make = [](AdminSession::Transaction& work) { return work.script("CREATE TABLE a (n int); SELECT 1"); };
  const auto failed = session_->transaction(kLimit, [&](AdminSession::Transaction& work) -> Status {
    EXPECT_TRUE(make(work));
    return Error{ErrorCode::conflict, "changed its mind"};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "changed its mind");
  EXPECT_EQ(server_.execute("SELECT to_regclass('a') IS NULL"), "t");
  EXPECT_THROW(static_cast<void>(session_->transaction(kLimit,
                                                       [&](AdminSession::Transaction& work) -> Status {
                                                         EXPECT_TRUE(make(work));
                                                         throw std::logic_error("a bug");
                                                       })),
               std::logic_error);
  EXPECT_EQ(server_.execute("SELECT to_regclass('a') IS NULL"), "t");
  ASSERT_TRUE(session_->transaction(kLimit, make));
  EXPECT_EQ(server_.execute("SELECT to_regclass('a') IS NULL"), "f");
}

TEST_F(AdminSessionTest, WhatTakesTooLongEndsAndTheNextOneWorks) {
  const auto slow = session_->query("SELECT pg_sleep(3600)", std::chrono::milliseconds(50));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, ErrorCode::timeout);
  EXPECT_TRUE(session_->query("SELECT 1", kLimit));
}

TEST_F(AdminSessionTest, ALostConnectionIsNotMadeAgain) {
  const auto ended = error_of("SELECT pg_terminate_backend(pg_backend_pid())");
  EXPECT_EQ(ended.code, ErrorCode::connection_failed);
  EXPECT_EQ(ended.message, "the connection to PostgreSQL was lost");
  EXPECT_EQ(error_of("SELECT 1").code, ErrorCode::connection_failed);

  session_ = AdminSession::connect(options()).value();
  server_.kill();
  server_.start();
  for (int i = 0; i < 2; ++i) {
    const auto lost = error_of("SELECT 1");
    EXPECT_EQ(lost.code, ErrorCode::connection_failed);
    EXPECT_THAT(lost.message, HasSubstr("the connection to PostgreSQL was lost"));
  }
}

}  // namespace
}  // namespace sotto::postgres
