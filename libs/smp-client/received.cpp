#include "libs/smp-client/received.hpp"

namespace sotto::client {
namespace {

ErrorCode code_of(smp::SimpleError error) {
  switch (error) {
    case smp::SimpleError::auth:
    case smp::SimpleError::service:
      return ErrorCode::unauthenticated;
    case smp::SimpleError::quota:
      return ErrorCode::exhausted;
    case smp::SimpleError::no_msg:
      return ErrorCode::not_found;
    case smp::SimpleError::large_msg:
      return ErrorCode::invalid_argument;
    case smp::SimpleError::expired:
    case smp::SimpleError::internal:
      return ErrorCode::unavailable;
    case smp::SimpleError::block:
    case smp::SimpleError::session:
    case smp::SimpleError::crypto:
      break;
  }
  return ErrorCode::protocol;
}

struct CodeOf {
  ErrorCode operator()(smp::SimpleError error) const { return code_of(error); }
  ErrorCode operator()(smp::CommandError /*unused*/) const { return ErrorCode::protocol; }
  ErrorCode operator()(const smp::Blocked& /*unused*/) const { return ErrorCode::permission_denied; }
  ErrorCode operator()(const smp::StoreError& /*unused*/) const { return ErrorCode::unavailable; }
  ErrorCode operator()(const smp::NameError& /*unused*/) const { return ErrorCode::not_found; }
  ErrorCode operator()(const smp::ProxyErrorPtr& error) const {
    return std::holds_alternative<smp::ProxyBasicAuth>(error->error) ? ErrorCode::unauthenticated
                                                                     : ErrorCode::connection_failed;
  }
};

}  // namespace

const smp::ProtocolError* Received::error() const {
  const auto* err = get<smp::Err>();
  return err == nullptr ? nullptr : &err->error;
}

Error to_error(const smp::ProtocolError& error) {
  return {std::visit(CodeOf{}, error), smp::to_string(error)};
}

Error unexpected(const Received& received) {
  if (const auto* error = received.error(); error != nullptr) return to_error(*error);
  return {ErrorCode::protocol, "unexpected response " + std::string(smp::word(received.response))};
}

}  // namespace sotto::client
