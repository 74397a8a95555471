#include "libs/base/error.hpp"

#include <set>

#include <gtest/gtest.h>

namespace sotto {
namespace {

struct Expected {
  ErrorCode code;
  std::string_view name, smp;
  int grpc, exit_code;
};

// Written out again on purpose: a change of the table is a change of three interfaces and must be made twice.
constexpr Expected kExpected[] = {
    {ErrorCode::invalid_argument, "invalid_argument", "CMD SYNTAX", 3, 2},
    {ErrorCode::configuration, "configuration", "INTERNAL", 9, 3},
    {ErrorCode::unauthenticated, "unauthenticated", "AUTH", 16, 5},
    {ErrorCode::permission_denied, "permission_denied", "AUTH", 7, 5},
    {ErrorCode::not_found, "not_found", "AUTH", 5, 6},
    {ErrorCode::conflict, "conflict", "AUTH", 6, 7},
    {ErrorCode::exhausted, "exhausted", "QUOTA", 8, 1},
    {ErrorCode::connection_failed, "connection_failed", "PROXY BROKER NETWORK", 14, 4},
    {ErrorCode::timeout, "timeout", "PROXY BROKER TIMEOUT", 4, 8},
    {ErrorCode::protocol, "protocol", "BLOCK", 3, 1},
    {ErrorCode::unavailable, "unavailable", "STORE unavailable", 14, 1},
    {ErrorCode::check_failed, "check_failed", "INTERNAL", 9, 9},
    {ErrorCode::internal, "internal", "INTERNAL", 13, 1},
};

TEST(ErrorTable, RowByRow) {
  ASSERT_EQ(error_table().size(), std::size(kExpected));
  for (const auto& expected : kExpected) {
    const auto& row = error_row(expected.code);
    EXPECT_EQ(row.name, expected.name);
    EXPECT_EQ(row.smp, expected.smp) << expected.name;
    EXPECT_EQ(row.grpc, expected.grpc) << expected.name;
    EXPECT_EQ(row.exit_code, expected.exit_code) << expected.name;
  }
}

TEST(ErrorTable, EveryCodeUpToTheLastHasOneRow) {
  std::set<ErrorCode> seen;
  for (const auto& row : error_table()) EXPECT_TRUE(seen.insert(row.code).second) << row.name;
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(ErrorCode::internal) + 1);
}

}  // namespace
}  // namespace sotto
