// Deadlines of unary calls: every call has one. gRPC measures them on the system's clock. Any thread.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <chrono>

namespace sotto::rpc {

// From now on; before the call starts.
inline void set_timeout(grpc::ClientContext& context, std::chrono::milliseconds timeout) {
  context.set_deadline(std::chrono::system_clock::now() + timeout);
}

// What is left of the deadline that the caller set, at most `most` (which a caller without deadline gets); never
// negative.
inline std::chrono::milliseconds time_left(const grpc::ServerContextBase& context, std::chrono::milliseconds most) {
  const auto now = std::chrono::system_clock::now();
  const auto deadline = context.deadline();
  if (deadline >= now + most) return most;
  if (deadline <= now) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
}

}  // namespace sotto::rpc
