// ClientStream: the stream of one queue service (rpc Attach). Reads frames and hands what is in them on; writes what
// its outbox holds, one frame at a time.
//
// Lives from the call to OnDone(), and as long as somebody holds it: subscriptions that are not registered do.
// Reactions (On…) come from threads of gRPC. Whatever is started on the call is started by one thread at a time, in
// drive(), and never with the lock held.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <sotto/notification/v1/notification.pb.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "services/notification/api/event_outbox.hpp"

namespace sotto::notification {

class ServerState;

class ClientStream final : public grpc::ServerBidiReactor<v1::ClientFrame, v1::ServiceFrame>,
                           public std::enable_shared_from_this<ClientStream> {
 public:
  // Begins to read.
  static std::shared_ptr<ClientStream> begin(std::shared_ptr<ServerState> server, grpc::CallbackServerContext& context);

  // Put into the outbox; drive() then writes it. False: the stream is ending, and nothing reaches the client this way.
  bool deliver(contract::SessionEvent& event);
  void registered(std::uint64_t number);
  void resume();

  // Writes what waits, as far as that is possible now.
  void drive();
  // The client is asked to leave. The stream does not end before end().
  void leave();
  // Whether the client has said all it had to.
  [[nodiscard]] bool silent();
  // Ends the call as soon as all that waits was written.
  void end(const grpc::Status& status);
  // Breaks the call: for a client that does not even take the end.
  void cancel();

 private:
  ClientStream(std::shared_ptr<ServerState> server, grpc::CallbackServerContext& context);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Whether reading goes on.
  bool take_hello(const v1::ClientFrame& frame);
  void take_requests(const v1::ClientFrame& frame);
  enum class Step : std::uint8_t { nothing, read, write, finish };
  // Locked. What may be started now.
  Step next_step();

  const std::shared_ptr<ServerState> server_;
  grpc::CallbackServerContext& context_;
  bool attached_ = false;  // Hello was read; of the thread that reads

  // Of the read and of the write that is under way.
  v1::ClientFrame read_frame_;
  v1::ServiceFrame write_frame_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<ClientStream> self_;  // until OnDone()
  EventOutbox outbox_;
  bool reading_ = false;
  bool writing_ = false;
  bool half_closed_ = false;
  bool leaving_ = false;
  bool broken_ = false;    // the call is cancelled or a write failed
  bool finished_ = false;  // Finish() is or will be called
  bool driving_ = false;
  bool drive_again_ = false;
  std::optional<grpc::Status> end_;
};

}  // namespace sotto::notification
