#include "tests/operations/grpc_health.hpp"

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <vector>

namespace sotto::test {
namespace {

// grpc.health.v1.HealthCheckRequest: field 1 is the name, when it is not empty.
grpc::ByteBuffer request_for(const std::string& service) {
  std::string bytes;
  if (!service.empty()) {
    bytes += '\x0a';
    bytes += static_cast<char>(service.size());
    bytes += service;
  }
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

}  // namespace

GrpcHealth grpc_health(std::uint16_t port, const std::string& service) {
  grpc::GenericStub stub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  grpc::CompletionQueue queue;
  grpc::ByteBuffer answer;
  grpc::Status status;
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request_for(service), &queue);
  call->StartCall();
  call->Finish(&answer, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return GrpcHealth::unknown_service;
  if (!status.ok()) return GrpcHealth::unreachable;
  // HealthCheckResponse: field 1 is the status, 1 for SERVING.
  return bytes_of(answer) == "\x08\x01" ? GrpcHealth::serving : GrpcHealth::not_serving;
}

}  // namespace sotto::test
