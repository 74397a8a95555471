// AttachStream: the stream of one gateway to this replica (rpc Attach). Reads frames and submits their batches; writes
// what its outbox holds, one frame at a time.
//
// Lives from the call to OnDone(), and as long as somebody holds it: completions do. Reactions (On…) come from threads
// of gRPC; completions and events from any thread only put into the outbox. Whatever is started on the call (read,
// write, end) is started by one thread at a time, in drive(), and never with the lock held.
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <sotto/queue/v1/queue.pb.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "services/queue/api/outbox.hpp"

namespace sotto::queue {

class ServerState;

class AttachStream final : public grpc::ServerBidiReactor<v1::GatewayFrame, v1::ServiceFrame>,
                           public std::enable_shared_from_this<AttachStream> {
 public:
  // Begins to read.
  static std::shared_ptr<AttachStream> begin(std::shared_ptr<ServerState> server, grpc::CallbackServerContext& context);

  // 0 until Hello was read.
  [[nodiscard]] std::uint64_t gateway() const { return gateway_; }

  // Each false when the stream is ending: nothing reaches the gateway this way any more, and the event stays as it is.
  bool deliver(std::uint64_t connection, backend::Event& event);
  bool add(Outbox::Item item);
  // What came by the bus: only what concerns sessions of this stream is passed on.
  void relay(v1::RelayFrame& frame);
  // Tells the gateway that those of its sessions for which `concerned` holds must resume.
  void resume(const std::function<bool(backend::SessionRef)>& concerned);

  // Writes what waits, as far as that is possible now.
  void drive();
  // Ends the call with `status` as soon as nothing is being written; what waits is dropped.
  void end(const grpc::Status& status);
  // Breaks the call: for a gateway that does not even take the end.
  void cancel();

  // Of the sessions that sent a batch and did not end. Afterwards it has none.
  std::unordered_set<std::uint64_t> take_sessions();

 private:
  AttachStream(std::shared_ptr<ServerState> server, grpc::CallbackServerContext& context);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  bool take_hello(const v1::GatewayFrame& frame);
  void take_frame(const v1::GatewayFrame& frame);
  // What it asks for; nothing: it was answered at once, or the stream is ending.
  std::optional<backend::Batch> read_batch(const v1::Batch& in);
  void answered(std::uint64_t number, std::vector<backend::OperationResult> results, std::size_t operations,
                std::size_t bytes);
  // Locked. What may be started now.
  enum class Step : std::uint8_t { nothing, read, write, finish };
  Step next_step();
  [[nodiscard]] bool may_read() const;
  [[nodiscard]] bool ending() const { return finished_ || broken_ || end_.has_value(); }
  // Locked. Whether somebody must wake the server's thread for what was put into the outbox.
  bool needs_wake();

  const std::shared_ptr<ServerState> server_;
  grpc::CallbackServerContext& context_;
  std::uint64_t gateway_ = 0;           // set once, before anybody else knows the stream
  std::shared_ptr<AttachStream> self_;  // until OnDone()

  // Of the read and of the write that is under way.
  google::protobuf::Arena read_arena_;
  v1::GatewayFrame* read_frame_ = nullptr;
  google::protobuf::Arena write_arena_;

  std::mutex mutex_;
  Outbox outbox_;
  std::unordered_set<std::uint64_t> sessions_;
  // Batches that were read and whose results are not taken into a frame, what they hold, and how much of that is of
  // results (which the outbox counts).
  std::size_t unanswered_batches_ = 0;
  std::size_t unanswered_operations_ = 0;
  std::size_t request_bytes_ = 0;
  bool reading_ = false;
  bool paused_ = false;
  bool writing_ = false;
  bool half_closed_ = false;
  bool broken_ = false;    // the call is cancelled or a write failed
  bool finished_ = false;  // Finish() is or will be called
  bool driving_ = false;
  bool drive_again_ = false;
  bool wake_asked_ = false;
  std::optional<grpc::Status> end_;
};

}  // namespace sotto::queue
