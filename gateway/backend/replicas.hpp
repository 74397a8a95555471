// Replicas: keeps a stream to each replica of the queue service: finds out which there are, attaches, and attaches
// again when a stream is lost. Two threads of its own: one for attempts and deadlines, one that resolves names, if
// there are any. Streams react on the CompletionThread of the process. Owned by GrpcQueueBackend.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "gateway/backend/dispatcher.hpp"
#include "gateway/backend/grpc_queue_backend.hpp"
#include "gateway/backend/replica_stream.hpp"
#include "libs/rpc/completion_thread.hpp"
#include "libs/rpc/replica_names.hpp"

namespace sotto::gateway {

class Replicas {
 public:
  // All must outlive this. Precondition: the names of the settings are usable.
  Replicas(const GrpcBackendSettings& settings, std::uint64_t gateway, const Clock& clock,
           GrpcBackendCounters& counters, Dispatcher& dispatcher);
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;
  ~Replicas();

  // Half-closes all streams, waits until they have ended, at most `limit`, and then breaks those that are left. When it
  // returns no reaction of a stream is running. Again: harmless.
  void stop(std::chrono::milliseconds limit);

 private:
  using RealTime = std::chrono::steady_clock::time_point;

  struct Replica {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<queue::v1::QueueService::Stub> stub;
    std::shared_ptr<ReplicaStream> stream;  // a null pointer: none now
    RealTime attach_until;                  // when the attempt has failed
    RealTime next_attempt;
    std::chrono::milliseconds backoff{0};
    bool failing = false;  // since it was up last; the log says so once
    bool known = true;     // it is among the addresses
  };

  void work();
  void resolve_names();
  void take_addresses(const std::vector<rpc::ReplicaAddress>& addresses);
  void attach_where_due(RealTime now);
  // Locked.
  std::chrono::milliseconds next_backoff(Replica& replica);
  void ended(const ReplicaStream& stream, const grpc::Status& status);

  const GrpcBackendSettings& settings_;
  GrpcBackendCounters& counters_;
  Dispatcher& dispatcher_;
  const ReplicaStream::Owner owner_;
  const std::vector<rpc::ReplicaName> names_;

  const std::shared_ptr<rpc::CompletionThread> completions_ = rpc::CompletionThread::shared();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable all_ended_;
  std::map<rpc::ReplicaAddress, Replica> replicas_;
  std::size_t streams_ = 0;  // that have not ended
  bool stopping_ = false;
  bool lost_one_ = false;  // a stream, since names were looked up last
  std::minstd_rand random_;

  std::thread resolver_;
  std::thread thread_;
};

}  // namespace sotto::gateway
