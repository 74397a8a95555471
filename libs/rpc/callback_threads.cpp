#include "libs/rpc/callback_threads.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <memory>

namespace sotto::rpc {
namespace {

// A channel takes its share of the threads with the first call that reacts, and keeps it for as long as it lives. The
// call is over before it begins, so nothing is ever connected to.
struct Kept {
  Kept() {
    context.set_deadline(std::chrono::system_clock::time_point());
    grpc::GenericStub(channel).UnaryCall(&context, "/sotto/none", grpc::StubOptions(), &request, &response,
                                         [](const grpc::Status&) {});
  }
  std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel("unix:/nonexistent", grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  grpc::Slice nothing;
  grpc::ByteBuffer request{&nothing, 1};
  grpc::ByteBuffer response;
};

}  // namespace

void keep_callback_threads() {
  // Never deleted: it must be the last, and the end of a process takes it along. `used`: the leak sanitizer looks for
  // the pointer, which nobody else does.
  [[gnu::used]] static const auto* const kept = new Kept();
  static_cast<void>(kept);
}

}  // namespace sotto::rpc
