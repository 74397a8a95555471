#include "libs/rpc/status.hpp"

#include <sotto/common/v1/common.pb.h>

#include <algorithm>
#include <optional>

namespace sotto::rpc {
namespace {

namespace common = ::sotto::common::v1;

std::optional<ErrorCode> detailed_code(const grpc::Status& status) {
  common::StatusDetails details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) return std::nullopt;
  for (const auto& any : details.details()) {
    common::ErrorDetail detail;
    if (!any.UnpackTo(&detail)) continue;
    for (const auto& row : error_table()) {
      // Only within what the status says: the details say more, and never something else.
      if (row.name == detail.code() && row.grpc == static_cast<int>(status.error_code())) return row.code;
    }
  }
  return std::nullopt;
}

ErrorCode closest_code(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
      return ErrorCode::connection_failed;
    case grpc::StatusCode::OUT_OF_RANGE:
      return ErrorCode::invalid_argument;
    case grpc::StatusCode::ABORTED:
      return ErrorCode::conflict;
    case grpc::StatusCode::UNIMPLEMENTED:
      return ErrorCode::protocol;
    default:
      break;
  }
  const auto table = error_table();
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const ErrorRow& each) { return each.grpc == static_cast<int>(code); });
  return row == table.end() ? ErrorCode::internal : row->code;
}

}  // namespace

grpc::Status to_status(const Error& error) {
  const auto& row = error_row(error.code);
  common::StatusDetails details;
  details.set_code(row.grpc);
  details.set_message(error.message);
  common::ErrorDetail detail;
  detail.set_code(std::string(row.name));
  details.add_details()->PackFrom(detail);
  return {static_cast<grpc::StatusCode>(row.grpc), error.message, details.SerializeAsString()};
}

Error to_error(const grpc::Status& status) {
  const auto code = detailed_code(status);
  return {code ? *code : closest_code(status.error_code()), status.error_message()};
}

}  // namespace sotto::rpc
