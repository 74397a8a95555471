// Node: the connection to one server that executes commands, and the commands that wait on it.
//
// Threads: the I/O thread only. Made and held by Router.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "libs/redis/call.hpp"
#include "libs/redis/link.hpp"

namespace sotto::redis {

class Node;

class NodeOwner {
 public:
  virtual ~NodeOwner() = default;
  virtual void on_node_up(Node& node) = 0;
  // Items that waited on it were answered before.
  virtual void on_node_down(Node& node, const Error& error) = 0;
  virtual void on_node_answer(Node& node, Item item, Reply reply) = 0;
  virtual void on_node_failure(const Item& item, const Error& error) = 0;
  // Answers were handed over; what they led to may be flushed.
  virtual void on_node_answers_end(Node& node) = 0;
};

class Node final : public Link {
 public:
  // `addresses`: tried in turn. The owner must outlive it.
  Node(const Surroundings& surroundings, Counters& counters, NodeOwner& owner, std::vector<Address> addresses);

  // From here on this address only: the one it is connected to.
  void pin(Address address) { addresses_ = {std::move(address)}; }
  // Whether commands may be given: it is connected, or being connected for the first time.
  [[nodiscard]] bool accepts() const { return up() || (fresh() && !closed()); }
  // Sent by the next flush(). `asking`: after ASKING. Precondition: accepts().
  void submit(Item item, bool asking, SteadyTime now);
  // Answers everything that waits with the error, and closes.
  void stop(const Error& error);
  // Closes as soon as nothing waits.
  void retire();

 protected:
  Address next_address() override;
  void on_up() override;
  void on_down(const Error& error, bool was_up) override;
  void on_answer(Reply reply) override;
  void on_answers_end() override;
  [[nodiscard]] std::optional<SteadyTime> waits_since() const override;
  void send_ping() override;

 private:
  struct Waiting {
    Item item;
    bool asking = false;
  };
  // A script that was loaded on this connection, by the command with this number.
  struct Loaded {
    Script script;
    std::uint64_t number = 0;
  };

  void send_own(const Command& command, SteadyTime now);
  void push(Item item, SteadyTime now);
  void ensure_loaded(const Script& script, SteadyTime now);
  void forget(const Script& script, std::uint64_t number);
  void fail_all(const Error& error);

  NodeOwner& owner_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  bool retired_ = false;
  std::vector<Waiting> waiting_;  // until it is up
  std::deque<Item> in_flight_;
  SteadyTime last_answer_;
  std::uint64_t answered_ = 0;  // the number of the oldest in flight
  std::vector<Loaded> loaded_;
};

}  // namespace sotto::redis
