// MessagePair: a sender and a recipient with queues between them, each on a connection of its own. It sends messages,
// checks what arrives, acknowledges it and takes the times. Ends the run with an exception when the server errs. One
// thread, that of the pool of its connections.
#pragma once

#include <chrono>
#include <deque>
#include <unordered_map>
#include <vector>

#include "bench/load/client_pool.hpp"
#include "bench/load/stream_check.hpp"
#include "bench/measure/histogram.hpp"
#include "libs/smp-client/queue_handle.hpp"

namespace sotto::bench {

struct MessageShape {
  std::size_t size = 16'000;  // bytes of a body, kLeastBody or more
  std::size_t window = 1;     // messages of a queue under way: until the SEND is answered and the ACK is
  std::size_t batch = 1;      // SENDs in one go, so that small ones share blocks; at most window times queues
  bool subscriber = true;     // else a message is done when its SEND is answered, until drain()
};

// Of all pairs together.
struct MessageTimes {
  Histogram send_to_ok;
  Histogram send_to_msg;
  Histogram ack_to_ok;
};

class MessagePair final : private client::ConnectionListener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Queue i has number `first` + i in its bodies. `times` outlives this.
  MessagePair(ClientPool::Connection sender, ClientPool::Connection recipient, std::vector<client::QueueHandle> queues,
              std::uint64_t first, const MessageShape& shape, MessageTimes& times);
  ~MessagePair() override;
  MessagePair(const MessagePair&) = delete;
  MessagePair& operator=(const MessagePair&) = delete;

  // Where each message that is done counts from now on; it outlives what is under way.
  void count_in(Progress& progress) { progress_ = &progress; }
  // Closed loop: sends so many more, as fast as the window lets it.
  void send(std::uint64_t messages);
  // Open loop: one more is due, since then; pump() sends what is due and fits the window.
  void add_due(Time since);
  void pump();
  // Without subscriber: subscribes now and takes what waits; each message counts again.
  void drain();

  // When all is done and the server was given time to say more than it should: throws when something is missing.
  void check_complete() const;

  [[nodiscard]] const ClientPool::Connection& recipient() const { return recipient_; }

 private:
  struct Lane {
    Lane(client::QueueHandle queue, std::uint64_t its_number, const MessageShape& shape)
        : handle(std::move(queue)), number(its_number), check(its_number, shape.size), since(shape.window) {}
    client::QueueHandle handle;
    std::uint64_t number;
    StreamCheck check;
    std::uint64_t sent = 0;
    std::uint64_t stored = 0;        // SENDs answered
    std::uint64_t acknowledged = 0;  // ACKs answered
    std::uint64_t done = 0;
    std::vector<Time> since;  // of what is under way, by number modulo window
    std::deque<Time> due{};
    Time acknowledging{};
  };

  [[nodiscard]] bool may_send(const Lane& lane) const {
    return lane.sent - lane.done < shape_.window && (left_ > 0 || !lane.due.empty());
  }
  // Up to `count` messages of whichever queues have room, in one go.
  void send_batch(std::size_t count);
  void on_stored(Lane& lane, const Result<client::Received>& answer);
  void on_message(Lane& lane, const smp::Msg& msg);
  void on_acknowledged(Lane& lane, const Result<client::Received>& answer);
  void settle(Lane& lane);

  void on_event(client::Received event) override;
  void on_closed(const client::Failure& failure) override;

  const ClientPool::Connection sender_;
  const ClientPool::Connection recipient_;
  const MessageShape shape_;
  MessageTimes& times_;
  Progress* progress_ = nullptr;
  std::deque<Lane> lanes_;
  std::unordered_map<RecipientId, Lane*> by_id_;
  std::vector<Bytes> bodies_;  // of one batch
  std::size_t next_lane_ = 0;  // that sends
  std::size_t next_due_ = 0;   // that gets what is due
  std::uint64_t left_ = 0;     // of a closed loop
  std::size_t room_ = 0;       // messages that may be under way besides those that are
  std::size_t due_ = 0;        // of an open loop, of all lanes
  bool draining_ = false;
};

}  // namespace sotto::bench
