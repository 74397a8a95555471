// ReplicaStream: one stream to one replica (rpc Attach), from the attempt to its end: a Link of the dispatcher, which
// decides what is written and takes what is read.
//
// Lives from start() to its end, and as long as somebody holds it. Reactions (on_…) come from the thread of the
// completion queue. Writes are started by one thread at a time, in drive(), and never with the lock held.
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>
#include <sotto/queue/v1/queue.grpc.pb.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/backend/dispatcher.hpp"
#include "libs/rpc/completion_thread.hpp"

namespace sotto::gateway {

class ReplicaStream final : public Link, public std::enable_shared_from_this<ReplicaStream> {
 public:
  struct Owner {
    std::uint64_t gateway = 0;
    std::string name;  // of the gateway
    const Clock& clock;
    GrpcBackendCounters& counters;
    Dispatcher& dispatcher;
    // The last that is heard of the stream. The owner, and the dispatcher, must outlive this call.
    std::function<void(const ReplicaStream& stream, const grpc::Status& status)> ended;
  };

  explicit ReplicaStream(const Owner& owner) : owner_(owner) {}
  // Once. `completions` must live until the stream has ended.
  void start(queue::v1::QueueService::Stub& stub, grpc::CompletionQueue& completions);

  // Whether Welcome has come.
  [[nodiscard]] bool welcomed() const { return welcomed_.load(); }
  void wake() override { drive(); }
  // Nothing more is written; the service answers what it has and ends the stream.
  void half_close();
  // Ends it at once.
  void cancel() { context_.TryCancel(); }

 private:
  void on_started(bool ok);
  void on_read(bool ok);
  void on_written(bool ok);
  void on_finished(bool ok);

  void read();

  void drive();
  enum class Step : std::uint8_t { nothing, hello, frame, half_close, finish };
  // Locked.
  Step next_step();
  void write_hello();
  // False: nothing waits.
  bool write_frame();
  void take(const queue::v1::ServiceFrame& frame);
  void take_result(const queue::v1::BatchResult& in);
  void take_event(const queue::v1::Event& in);
  void take_resume(const common::v1::Resume& in);

  const Owner& owner_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<queue::v1::GatewayFrame, queue::v1::ServiceFrame>> call_;
  rpc::MemberCompletion<ReplicaStream> started_{*this, &ReplicaStream::on_started};
  rpc::MemberCompletion<ReplicaStream> read_{*this, &ReplicaStream::on_read};
  rpc::MemberCompletion<ReplicaStream> written_{*this, &ReplicaStream::on_written};
  rpc::MemberCompletion<ReplicaStream> finished_{*this, &ReplicaStream::on_finished};
  grpc::Status status_;                  // of the end
  std::shared_ptr<ReplicaStream> self_;  // until the end
  std::atomic<bool> welcomed_{false};

  // Of the read and of the write that is under way.
  google::protobuf::Arena read_arena_;
  queue::v1::ServiceFrame* read_frame_ = nullptr;
  google::protobuf::Arena write_arena_;

  std::mutex mutex_;
  bool open_ = false;  // the call has begun, and may be written to
  bool hello_sent_ = false;
  bool writing_ = false;  // a frame, or that there will be no more
  bool something_waits_ = false;
  bool half_close_asked_ = false;
  bool half_closed_ = false;
  bool over_ = false;       // nothing can be read any more
  bool finishing_ = false;  // nothing will be started any more but the end
  bool driving_ = false;
  bool drive_again_ = false;
};

}  // namespace sotto::gateway
