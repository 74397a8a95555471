// CheckCall: one CheckPassword call. It waits for the authority without a thread, and ends at once when the gateway or
// the server gives it up; an answer that comes later goes nowhere.
//
// Lives from the call to OnDone(), and as long as the authority holds its completion. Any thread.
#pragma once

#include <grpcpp/support/message_allocator.h>
#include <grpcpp/support/server_callback.h>
#include <sotto/auth/v1/auth.pb.h>

#include <memory>
#include <mutex>

#include "libs/backend/access_authority.hpp"
#include "services/auth/rpc/watch_hub.hpp"

namespace sotto::auth {

class CheckCall final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<CheckCall> {
 public:
  // `response` is filled before the call ends. invalid_argument: the source has another size.
  static std::shared_ptr<CheckCall> begin(backend::AccessAuthority& authority, std::shared_ptr<WatchHub> hub,
                                          const v1::CheckPasswordRequest& request, v1::CheckPasswordResponse& response);

 private:
  CheckCall(std::shared_ptr<WatchHub> hub, v1::CheckPasswordResponse& response)
      : hub_(std::move(hub)), response_(response) {}

  void ask(backend::AccessAuthority& authority, const v1::CheckPasswordRequest& request);
  void answered(const backend::CheckResult& result);
  void end(const grpc::Status& status);
  void OnCancel() override;
  void OnDone() override;

  const std::shared_ptr<WatchHub> hub_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<CheckCall> self_;      // until OnDone()
  v1::CheckPasswordResponse& response_;  // until finished_
  bool finished_ = false;                // Finish() is or will be called
};

// Makes the messages of CheckPassword, and overwrites the password before the memory of one is given back. Must outlive
// the calls.
class CheckMessages final : public grpc::MessageAllocator<v1::CheckPasswordRequest, v1::CheckPasswordResponse> {
 public:
  grpc::MessageHolder<v1::CheckPasswordRequest, v1::CheckPasswordResponse>* AllocateMessages() override;
};

}  // namespace sotto::auth
