// StateStream: one Watch stream to the auth service, from the attempt to its end.
//
// Lives from start() to OnDone(), and as long as somebody holds it. Reactions (On…) come from threads of gRPC, one at a
// time.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>
#include <sotto/auth/v1/auth.grpc.pb.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "libs/backend/access_authority.hpp"

namespace sotto::gateway {

class StateStream final : public grpc::ClientReadReactor<auth::v1::WatchResponse>,
                          public std::enable_shared_from_this<StateStream> {
 public:
  struct Owner {
    std::uint64_t gateway = 0;
    std::function<void(backend::AccessState state)> state;
    // The last that is heard of the stream, which is handed over. The owner must outlive this call.
    std::function<void(std::shared_ptr<StateStream> stream, const grpc::Status& status)> ended;
  };

  // `stub` is kept until the end.
  StateStream(const Owner& owner, std::shared_ptr<auth::v1::AuthService::Stub> stub);
  void start();
  // Ends it at once.
  void cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const Owner& owner_;
  const std::shared_ptr<auth::v1::AuthService::Stub> stub_;
  grpc::ClientContext context_;
  auth::v1::WatchRequest request_;
  auth::v1::WatchResponse response_;
  std::shared_ptr<StateStream> self_;  // until OnDone()
};

}  // namespace sotto::gateway
