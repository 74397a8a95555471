// StateStream: one Watch stream to the auth service, from the attempt to its end.
//
// Lives from start() to its end, and as long as somebody holds it. Reactions (on_…) come from the thread of the
// completion queue, one at a time.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>
#include <sotto/auth/v1/auth.grpc.pb.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "libs/backend/access_authority.hpp"
#include "libs/rpc/completion_thread.hpp"

namespace sotto::gateway {

class StateStream final : public std::enable_shared_from_this<StateStream> {
 public:
  struct Owner {
    std::uint64_t gateway = 0;
    std::function<void(backend::AccessState state)> state;
    // The last that is heard of the stream, which is handed over. The owner must outlive this call.
    std::function<void(std::shared_ptr<StateStream> stream, const grpc::Status& status)> ended;
  };

  // `stub` is kept until the end.
  StateStream(const Owner& owner, std::shared_ptr<auth::v1::AuthService::Stub> stub);
  // Once. `completions` must live until the stream has ended.
  void start(grpc::CompletionQueue& completions);
  // Ends it at once.
  void cancel() { context_.TryCancel(); }

 private:
  void on_started(bool ok);
  void on_read(bool ok);
  void on_finished(bool ok);
  void read_or_finish(bool ok);

  const Owner& owner_;
  const std::shared_ptr<auth::v1::AuthService::Stub> stub_;
  grpc::ClientContext context_;
  auth::v1::WatchRequest request_;
  auth::v1::WatchResponse response_;
  grpc::Status status_;  // of the end
  std::unique_ptr<grpc::ClientAsyncReader<auth::v1::WatchResponse>> call_;
  rpc::MemberCompletion<StateStream> started_{*this, &StateStream::on_started};
  rpc::MemberCompletion<StateStream> read_{*this, &StateStream::on_read};
  rpc::MemberCompletion<StateStream> finished_{*this, &StateStream::on_finished};
  std::shared_ptr<StateStream> self_;  // until the end
};

}  // namespace sotto::gateway
