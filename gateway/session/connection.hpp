// Connection: one client, from accept to close. It owns the stream, the session and what is in progress for the client:
// at most one block of commands and one fetch of messages. Held by its worker; I/O thread of that worker only.
//
// Back pressure: while a block is worked on, or more than `output_limit` bytes wait to be sent, the client is not read
// from. Bodies of messages to deliver stay at the backend until there is room for them (docs/flow-control.md).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/session/block_task.hpp"
#include "libs/transport/block_stream.hpp"

namespace sotto::gateway {

class Worker;

class Connection final : public transport::BlockStream, public TaskOwner {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Worker& worker, std::uint64_t id);

  [[nodiscard]] std::uint64_t id() const { return id_; }

  void handle_event(backend::Event event);
  // Whether something has taken too long by now, and what. Asked a few times a second.
  [[nodiscard]] std::optional<CloseReason> overdue(std::chrono::steady_clock::time_point now) const;
  // Whether nothing has come for the idle time and nothing will be sent. Asked every idle check interval.
  [[nodiscard]] bool idle(std::chrono::steady_clock::time_point now) const;
  // Sends the END and DELD events that were collected.
  void flush_ends();
  // The gateway stops: what is in progress is answered, then the connection is closed.
  void drain();
  void close_because(CloseReason reason);
  // A block that waited for a place among those in flight may go on.
  void start_waiting_block();

  // TaskOwner
  GatewayContext& context() override;
  RecordCache& records() override;
  Session* session() override { return closed() ? nullptr : session_.get(); }
  void submit(std::vector<backend::Operation> operations, std::shared_ptr<BlockTask> task) override;
  void finished(std::vector<Bytes> responses) override;

 protected:
  void on_handshake() override;
  void on_content(transport::BlockBuffer buffer, ByteView content) override;
  void on_bad_block() override;
  void on_drained() override;
  void on_end(transport::StreamEnd end) override;

 private:
  void client_hello(ByteView content);
  void begin_session(smp::Version version, std::optional<crypto::PublicKey> encryption_key,
                     std::optional<ServiceSession> service);
  void send_responses(const std::vector<Bytes>& responses);
  void send_event(const smp::Response& response, ByteView entity_id);
  void send_one(const Bytes& transmission);
  void check_output();
  // Asks the backend for messages of waiting queues, while there is room to send them.
  void fetch_waiting();
  void fetched(const std::vector<RecipientId>& queues, std::vector<backend::OperationResult> results);
  void deliver(const RecipientId& queue, const backend::MessagePtr& message, const backend::QueueRecord* record);
  void ended(backend::Role role, const std::array<std::uint8_t, kIdSize>& id, bool deleted);
  // Gives back what the connection holds at the worker and the backend. Once.
  void leave(CloseReason reason);

  Worker& worker_;
  const std::uint64_t id_;
  std::chrono::steady_clock::time_point since_;      // accepted, then TLS done, then last block received
  std::unique_ptr<crypto::PrivateKey> session_key_;  // until the session takes it
  std::unique_ptr<Session> session_;
  smp::VersionRange offered_;

  struct WaitingBlock {
    transport::BlockBuffer buffer;
    ByteView content;
  };
  std::optional<WaitingBlock> waiting_block_;
  std::vector<Bytes> ends_;  // encoded END and DELD events, collected
  std::uint16_t bad_blocks_ = 0;
  bool in_task_ = false;
  bool fetching_ = false;
  bool output_paused_ = false;
  bool draining_ = false;
  bool left_ = false;
};

}  // namespace sotto::gateway
