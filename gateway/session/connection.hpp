// Connection: one client, from accept to close. It owns the stream, the session and what is in progress for the client:
// one block of commands, or several that may be worked on beside each other (beside.cpp), and one fetch of messages.
// Held by its worker; I/O thread of that worker only.
//
// Back pressure: while a block is worked on beside which there can be no other, or more than `output_limit` bytes wait
// to be sent, the client is not read from. Bodies of messages to deliver stay at the backend until there is room for
// them (docs/flow-control.md).
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "gateway/session/block_task.hpp"
#include "gateway/session/handshake.hpp"
#include "gateway/session/notification_outbox.hpp"
#include "gateway/tls/served_identity.hpp"
#include "libs/transport/block_stream.hpp"

namespace sotto::gateway {

class Worker;

class Connection final : public transport::BlockStream, public TaskOwner {
 public:
  // `source`: where the client comes from; nothing when that is not known.
  Connection(boost::asio::ip::tcp::socket socket, const std::optional<boost::asio::ip::address>& source, Worker& worker,
             std::uint64_t id);

  [[nodiscard]] std::uint64_t id() const { return id_; }

  void handle_event(backend::Event event);
  // After Worker::call_later(): tries again what the backend could not do.
  void called_later();
  // Says again to the backend what the session subscribes to, and looks at what waits there. `done` is called when that
  // is answered, or the connection has ended.
  void resume_subscriptions(std::function<void()> done);
  // Whether something has taken too long by now, and what. Asked a few times a second.
  [[nodiscard]] std::optional<CloseReason> overdue(std::chrono::steady_clock::time_point now) const;
  // Whether nothing has come for the idle time and nothing will be sent. Asked every idle check interval.
  [[nodiscard]] bool idle(std::chrono::steady_clock::time_point now) const;
  // Whether something of the client is in progress, and when it was last heard of.
  [[nodiscard]] bool working() const { return at_work() || relaying_ != 0; }
  [[nodiscard]] std::chrono::steady_clock::time_point last_heard() const { return since_; }
  // Sends the END and DELD events that were collected.
  void flush_ends();
  // The gateway stops: what is in progress is answered, then the connection is closed.
  void drain();
  void close_because(CloseReason reason);
  // The block that waited for a place among those in flight has one.
  void place_free();

  // TaskOwner
  GatewayContext& context() override;
  RecordCache& records() override;
  Session* session() override { return closed() ? nullptr : session_.get(); }
  void parsed(std::shared_ptr<BlockTask> task) override;
  void in_doubt(ByteView queue) override;
  void submit(std::vector<backend::Operation> operations, std::shared_ptr<BlockTask> task) override;
  void answered_so_far(std::vector<Bytes> responses) override { send_responses(responses); }
  bool wait_for_room(std::shared_ptr<BlockTask> task) override;
  const backend::AccessSource& source() override { return source_; }
  void ask(backend::AccessPurpose purpose, ByteView password, std::size_t item,
           std::shared_ptr<BlockTask> task) override;
  void resolve(ByteView name, std::size_t item, std::shared_ptr<BlockTask> task) override;
  void connect_relay(RelayAddress address, ByteView corr_id) override;
  void forward(ByteView session_id, const smp::Pfwd& command, ByteView corr_id) override;
  void set_aside() override;
  void take_up(std::shared_ptr<BlockTask> task, std::chrono::milliseconds delay) override;
  void finished(const BlockTask& task, std::vector<Bytes> responses) override;

 protected:
  void on_handshake() override;
  void on_content(transport::BlockBuffer buffer, ByteView content) override;
  void on_bad_block() override;
  void on_drained() override;
  void on_flushed() override;
  void on_end(transport::StreamEnd end) override;

 private:
  void client_hello(ByteView content);
  // service.cpp: the session begins when the service is known.
  void register_service(ClientAgreement agreement);
  void service_registered(ClientAgreement agreement, backend::Outcome outcome);
  void refuse_service();
  // Lists more of what waits for the service when there is room, and says when that was all.
  void serve_more();
  void listed(const std::vector<backend::OperationResult>& results);
  // Another session of the service took over.
  void service_ended();
  // A block is answered: what was heard meanwhile of the end of its subscription.
  void conclude_service();
  void begin_session(ClientAgreement agreement);
  void send_responses(const std::vector<Bytes>& responses);
  void send_event(const smp::Response& response, ByteView entity_id);
  void send_one(const Bytes& transmission);
  void check_output();
  // Asks the backend for messages of waiting queues, while there is room to send them.
  void fetch_waiting();
  void fetched(const std::vector<RecipientId>& queues, std::vector<backend::OperationResult> results);
  void fetched_one(const RecipientId& queue, Subscriptions::Entry& entry, backend::OperationResult& result);
  struct Resumption;
  void resume_some(std::shared_ptr<Resumption> resumption);
  void resumed(Resumption& resumption, std::vector<backend::OperationResult> results);
  void deliver(const RecipientId& queue, const backend::MessagePtr& message, const backend::QueueRecord* record);
  void ended(backend::Role role, const std::array<std::uint8_t, kIdSize>& id, bool deleted);
  // Sends it with the other ends, soon.
  void collect_end(const smp::Response& response, ByteView entity_id);
  void take_notifications(const backend::Notified& notified);
  // Sends notifications while there is room; the last block, which is not full, only with `partial`.
  void send_notifications(bool partial);
  void start_or_wait();
  // beside.cpp. Begins the block that was parsed, when those before it allow.
  void begin_parsed();
  void finished_beside(const BlockTask& task);
  // After a block is finished: the next one.
  void go_on_beside();
  // relaying.cpp: what is asked of relays, a bounded number at a time; more waits, and the client is not read from.
  void begin_relaying(std::function<void()> begin);
  void relayed(const smp::Response& response, ByteView corr_id, ByteView entity_id);
  void check_relaying();
  // Draining, and what was in progress is answered: only what is queued is still sent.
  [[nodiscard]] bool said_all() const { return draining_ && !at_work() && relaying_ == 0; }
  [[nodiscard]] bool at_work() const { return in_task_ || blocks_beside_ > 0; }
  // Sends what is queued, then leaves and closes.
  void close_when_flushed();
  // Gives back what the connection holds at the worker and the backend. Once.
  void leave(CloseReason reason);

  Worker& worker_;
  const std::uint64_t id_;
  const backend::AccessSource source_;
  std::chrono::steady_clock::time_point since_;      // accepted, then TLS done, then last block received
  ServedIdentityPtr identity_;                       // what TLS shows, until the hello has shown it, too
  std::unique_ptr<crypto::PrivateKey> session_key_;  // until the session takes it
  std::unique_ptr<Session> session_;
  smp::VersionRange offered_;

  // The block at work: one that has not started, or a task that waits for those before it or for room, or (none of
  // these) a task that is under way alone. Only what has a place among the blocks in flight goes on.
  enum class Place : std::uint8_t { none, waiting, held };
  struct UnstartedBlock {
    transport::BlockBuffer buffer;
    ByteView content;
  };
  std::optional<UnstartedBlock> unstarted_block_;
  std::shared_ptr<BlockTask> parsed_task_;
  std::shared_ptr<BlockTask> waiting_task_;
  // Those that are under way beside each other. Each has a place.
  QueuesAtWork queues_at_work_;
  std::uint16_t blocks_beside_ = 0;
  bool beside_paused_ = false;
  std::unique_ptr<boost::asio::steady_timer> pause_;  // of a client that guesses passwords
  std::vector<Bytes> ends_;                           // encoded END, ENDS and DELD events, collected
  std::unique_ptr<NotificationOutbox> notifications_;
  std::unique_ptr<boost::asio::steady_timer> notifications_timer_;  // while a block of them is not full
  std::deque<std::function<void()>> waiting_to_relay_;              // of one block at most
  std::uint16_t relaying_ = 0;                                      // at relays, now
  bool relaying_paused_ = false;
  std::uint16_t bad_blocks_ = 0;
  Place place_ = Place::none;
  bool registering_ = false;  // the backend was asked to know the service
  bool in_task_ = false;
  bool fetching_ = false;
  bool fetch_later_ = false;
  bool output_paused_ = false;
  bool draining_ = false;
  bool left_ = false;
};

}  // namespace sotto::gateway
