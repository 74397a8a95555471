// Channels and servers come and go while gRPC reacts.
#include "libs/rpc/callback_threads.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <set>
#include <thread>

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

// In a process of its own, for it stays so.
TEST(CallbackThreadsDeathTest, AreOneWhenThatIsEnough) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto run = [] {
    bool one = use_one_callback_thread();
    one = use_one_callback_thread() && one;
    std::set<std::thread::id> threads;
    for (int i = 0; i < 50; ++i) {
      grpc::GenericStub stub(*make_channel({.target = "unix:/nonexistent"}));
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::time_point());
      grpc::Slice nothing;
      grpc::ByteBuffer request(&nothing, 1);
      grpc::ByteBuffer response;
      std::promise<std::thread::id> reacted;
      stub.UnaryCall(&context, "/sotto/none", grpc::StubOptions(), &request, &response,
                     [&reacted](const grpc::Status&) { reacted.set_value(std::this_thread::get_id()); });
      threads.insert(reacted.get_future().get());
    }
    std::exit(one && threads.size() == 1 ? 0 : 1);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sotto::rpc
