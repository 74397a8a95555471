// PasswordChecks: the questions that are asked of the auth service and not answered yet. Each is answered once: by the
// service, or at its deadline. Owned by GrpcAccessAuthority. Any thread; completions come from the thread of the
// completion queue or from the caller's, without a lock.
#pragma once

#include <grpcpp/completion_queue.h>
#include <sotto/auth/v1/auth.grpc.pb.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "gateway/authority/grpc_access_authority.hpp"

namespace sotto::gateway {

class PasswordChecks {
 public:
  // `counters` and `completions` must outlive this.
  PasswordChecks(std::chrono::milliseconds deadline, std::size_t most, GrpcAuthorityCounters& counters,
                 grpc::CompletionQueue& completions)
      : deadline_(deadline), most_(most), counters_(counters), completions_(completions) {}

  // Without a stub, after stop(), and when too many are asked, the answer is `unknown`, at once.
  void ask(std::shared_ptr<auth::v1::AuthService::Stub> stub, ByteView password, const backend::AccessSource& source,
           std::function<void(backend::CheckResult)> done);
  // Answers all `unknown` that are not answered. When it returns no completion is running, and none comes.
  void stop();

 private:
  struct Call;
  void answered(const Call& asked);

  const std::chrono::milliseconds deadline_;
  const std::size_t most_;
  GrpcAuthorityCounters& counters_;
  grpc::CompletionQueue& completions_;

  std::mutex mutex_;
  std::condition_variable all_answered_;
  // Guarded by mutex_.
  std::unordered_map<const Call*, std::shared_ptr<Call>> calls_;
  std::size_t running_ = 0;  // asked, and not gone with all they hold
  bool stopping_ = false;
};

}  // namespace sotto::gateway
