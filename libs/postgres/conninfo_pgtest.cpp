#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/postgres/conninfo.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Conninfo, BothFormsWithoutAPasswordAreFine) {
  for (const auto* text : {"postgresql://sotto@db.example:5432/sotto?sslmode=verify-full", "postgres:///sotto",
                           "host=db1,db2 dbname=sotto user=sotto", ""}) {
    EXPECT_TRUE(check_conninfo(text).ok()) << text;
  }
}

TEST(Conninfo, APasswordIsRefusedAndNotRepeated) {
  for (const auto* text : {"postgresql://sotto:hunter2@db/sotto", "postgresql://sotto@db/sotto?password=hunter2",
                           "host=db password=hunter2", "host=db hunter2", "postgresql://sotto:hunter2@db:x y/"}) {
    const auto status = check_conninfo(text);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(status.error().message, Not(HasSubstr("hunter2")));
  }
}

class ConnectFailure : public testing::Test {
 protected:
  ConnectFailure() : server_({.durable = false, .ask_password = true, .settings = {"lc_messages=C"}}) {}

  static ErrorCode code_of(const std::string& conninfo, const std::string& password) {
    ConnectOptions options;
    options.conninfo = conninfo;
    options.password = SecretString(password);
    const auto connection = Connection::connect(options);
    EXPECT_FALSE(connection.ok());
    const auto error = explain_connect_failure(options, connection.error());
    EXPECT_THAT(error.message, Not(HasSubstr(password.empty() ? "hunter2" : password)));
    return error.code;
  }

  test::PostgresServer server_;
};

TEST_F(ConnectFailure, IsToldApart) {
  const auto right = test::PostgresServer::password();
  EXPECT_EQ(code_of(server_.conninfo(), "hunter2"), ErrorCode::unauthenticated);
  EXPECT_EQ(code_of(server_.conninfo(), ""), ErrorCode::unauthenticated);
  EXPECT_EQ(code_of(server_.conninfo("nowhere"), right), ErrorCode::not_found);
  EXPECT_EQ(code_of("host=127.0.0.1 port=" + std::to_string(test::free_port()), right), ErrorCode::connection_failed);
  server_.execute("CREATE DATABASE closed CONNECTION LIMIT 0");
  server_.execute("CREATE ROLE guest LOGIN PASSWORD 'hunter2'");
  EXPECT_EQ(code_of("host=127.0.0.1 user=guest dbname=closed port=" + std::to_string(server_.port()), "hunter2"),
            ErrorCode::unavailable);
  server_.execute("REVOKE CONNECT ON DATABASE closed FROM public");
  EXPECT_EQ(code_of("host=127.0.0.1 user=guest dbname=closed port=" + std::to_string(server_.port()), "hunter2"),
            ErrorCode::unauthenticated);
}

}  // namespace
}  // namespace sotto::postgres
