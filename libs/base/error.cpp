#include "libs/base/error.hpp"

#include <array>
#include <cstdlib>

namespace sotto {
namespace {

// gRPC: 3 INVALID_ARGUMENT, 4 DEADLINE_EXCEEDED, 5 NOT_FOUND, 6 ALREADY_EXISTS, 7 PERMISSION_DENIED,
// 8 RESOURCE_EXHAUSTED, 9 FAILED_PRECONDITION, 13 INTERNAL, 14 UNAVAILABLE, 16 UNAUTHENTICATED.
constexpr std::array kTable{
    ErrorRow{ErrorCode::invalid_argument, "invalid_argument", "CMD SYNTAX", 3, 2},
    ErrorRow{ErrorCode::configuration, "configuration", "INTERNAL", 9, 3},
    ErrorRow{ErrorCode::unauthenticated, "unauthenticated", "AUTH", 16, 5},
    ErrorRow{ErrorCode::permission_denied, "permission_denied", "AUTH", 7, 5},
    ErrorRow{ErrorCode::not_found, "not_found", "AUTH", 5, 6},
    ErrorRow{ErrorCode::conflict, "conflict", "AUTH", 6, 7},
    ErrorRow{ErrorCode::exhausted, "exhausted", "QUOTA", 8, 1},
    ErrorRow{ErrorCode::connection_failed, "connection_failed", "PROXY BROKER NETWORK", 14, 4},
    ErrorRow{ErrorCode::timeout, "timeout", "PROXY BROKER TIMEOUT", 4, 8},
    ErrorRow{ErrorCode::protocol, "protocol", "BLOCK", 3, 1},
    ErrorRow{ErrorCode::unavailable, "unavailable", "STORE unavailable", 14, 1},
    ErrorRow{ErrorCode::check_failed, "check_failed", "INTERNAL", 9, 9},
    ErrorRow{ErrorCode::internal, "internal", "INTERNAL", 13, 1},
};

}  // namespace

std::span<const ErrorRow> error_table() {
  return kTable;
}

const ErrorRow& error_row(ErrorCode code) {
  for (const auto& row : kTable) {
    if (row.code == code) return row;
  }
  std::abort();  // a code without a row is our own bug; error_test.cpp walks the enum
}

}  // namespace sotto
