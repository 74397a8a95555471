// Error ⇄ grpc::Status, by the one table of libs/base/error.cpp. Several kinds of errors share a status code; which one
// it was travels in the details of the status, so that an Error comes back as it was. Pure functions; any thread.
#pragma once

#include <grpcpp/support/status.h>

#include "libs/base/result.hpp"

namespace sotto::rpc {

grpc::Status to_status(const Error& error);
// Precondition: !status.ok(). A status that has no details of ours was made by gRPC itself, or by somebody else: the
// closest kind.
Error to_error(const grpc::Status& status);

}  // namespace sotto::rpc
