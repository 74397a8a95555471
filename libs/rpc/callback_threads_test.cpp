// Channels and servers come and go while gRPC reacts.
#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>

#include <gtest/gtest.h>

#include "libs/rpc/channel.hpp"

namespace sotto::rpc {
namespace {

// In a process of its own, which aborts if it is not so.
TEST(CallbackThreadsDeathTest, OutliveAChannelThatGoesInAReaction) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto run = [] {
    for (int i = 0; i < 200; ++i) {
      struct Asked {
        std::unique_ptr<grpc::GenericStub> stub;
        grpc::ClientContext context;  // holds the channel, too
        grpc::Slice nothing;
        grpc::ByteBuffer request{&nothing, 1};
        grpc::ByteBuffer response;
      };
      auto* asked = new Asked();
      asked->stub = std::make_unique<grpc::GenericStub>(*make_channel({.target = "unix:/nonexistent"}));
      asked->context.set_deadline(std::chrono::system_clock::time_point());
      std::promise<void> over;
      asked->stub->UnaryCall(&asked->context, "/sotto/none", grpc::StubOptions(), &asked->request, &asked->response,
                             [&over, asked](const grpc::Status&) {
                               delete asked;
                               over.set_value();
                             });
      over.get_future().wait();
    }
    std::exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sotto::rpc
