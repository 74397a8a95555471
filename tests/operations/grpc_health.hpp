// What the gRPC health service of a process on this machine answers. One call at a time a thread; blocks.
#pragma once

#include <cstdint>
#include <string>

namespace sotto::test {

enum class GrpcHealth : std::uint8_t { unreachable, serving, not_serving, unknown_service };

// `service`: empty for the whole server.
GrpcHealth grpc_health(std::uint16_t port, const std::string& service = {});

}  // namespace sotto::test
