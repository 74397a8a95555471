#include "libs/rpc/status.hpp"

#include <sotto/common/v1/common.pb.h>

#include <gtest/gtest.h>

namespace sotto::rpc {
namespace {

TEST(Status, EveryKindOfErrorComesBackAsItWas) {
  for (const auto& row : error_table()) {
    const auto status = to_status({row.code, "what and why"});
    EXPECT_EQ(static_cast<int>(status.error_code()), row.grpc) << row.name;
    EXPECT_EQ(status.error_message(), "what and why");
    const auto error = to_error(status);
    EXPECT_EQ(error.code, row.code) << row.name;
    EXPECT_EQ(error.message, "what and why");
  }
}

TEST(Status, EveryStatusWithoutDetailsIsTheClosestKind) {
  struct Row {
    grpc::StatusCode status;
    ErrorCode error;
  };
  constexpr Row kRows[] = {
      {grpc::StatusCode::CANCELLED, ErrorCode::connection_failed},
      {grpc::StatusCode::UNKNOWN, ErrorCode::internal},
      {grpc::StatusCode::INVALID_ARGUMENT, ErrorCode::invalid_argument},
      {grpc::StatusCode::DEADLINE_EXCEEDED, ErrorCode::timeout},
      {grpc::StatusCode::NOT_FOUND, ErrorCode::not_found},
      {grpc::StatusCode::ALREADY_EXISTS, ErrorCode::conflict},
      {grpc::StatusCode::PERMISSION_DENIED, ErrorCode::permission_denied},
      {grpc::StatusCode::RESOURCE_EXHAUSTED, ErrorCode::exhausted},
      {grpc::StatusCode::FAILED_PRECONDITION, ErrorCode::configuration},
      {grpc::StatusCode::ABORTED, ErrorCode::conflict},
      {grpc::StatusCode::OUT_OF_RANGE, ErrorCode::invalid_argument},
      {grpc::StatusCode::UNIMPLEMENTED, ErrorCode::protocol},
      {grpc::StatusCode::INTERNAL, ErrorCode::internal},
      {grpc::StatusCode::UNAVAILABLE, ErrorCode::connection_failed},
      {grpc::StatusCode::DATA_LOSS, ErrorCode::internal},
      {grpc::StatusCode::UNAUTHENTICATED, ErrorCode::unauthenticated},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(to_error({row.status, "text"}).code, row.error) << row.status;
  }
}

TEST(Status, DetailsThatDoNotFitAreIgnored) {
  common::v1::StatusDetails details;
  common::v1::ErrorDetail detail;
  detail.set_code("not_found");
  details.add_details()->PackFrom(detail);
  const auto code = [&](const std::string& bytes) {
    return to_error({grpc::StatusCode::UNAVAILABLE, "text", bytes}).code;
  };
  EXPECT_EQ(code(details.SerializeAsString()), ErrorCode::connection_failed);
  EXPECT_EQ(code("garbage \xff"), ErrorCode::connection_failed);
  detail.set_code("of a newer version");
  details.mutable_details(0)->PackFrom(detail);
  EXPECT_EQ(code(details.SerializeAsString()), ErrorCode::connection_failed);
}

}  // namespace
}  // namespace sotto::rpc
