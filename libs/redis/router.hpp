// Router: which command goes to which server, and what becomes of answers that say "not here" or "not now". It finds
// out whether there is one server or a cluster, keeps the map of a cluster's slots, and holds all connections.
//
// Threads: the I/O thread only. Owned by Client.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "libs/redis/call.hpp"
#include "libs/redis/client_state.hpp"
#include "libs/redis/cluster_map.hpp"
#include "libs/redis/node.hpp"
#include "libs/redis/subscriber.hpp"

namespace sotto::redis {

class RouterOwner {
 public:
  virtual ~RouterOwner() = default;
  virtual void on_connected(std::uint64_t generation) = 0;
  virtual void on_lost() = 0;
  // For each command of run(), once, whether it succeeded or not.
  virtual void on_answered(const Item& item, Result<Reply> reply) = 0;
};

class Router final : public NodeOwner, public SubscriberOwner {
 public:
  // All must outlive it.
  Router(const Surroundings& surroundings, Counters& counters, ClientState& state, Subscriptions& subscriptions,
         RouterOwner& owner);

  void start();
  // Sends what was given, in order.
  void run(std::span<const std::shared_ptr<Call>> calls);
  // Answers all that waits with `unavailable` and closes everything. Nothing else may be called afterwards.
  void stop();

  void subscription_added(const std::string& channel);
  void subscription_removed(const std::string& channel);

 private:
  using NodePtr = std::shared_ptr<Node>;
  enum class Shape : std::uint8_t { unknown, single, cluster };

  void on_node_up(Node& node) override;
  void on_node_down(Node& node, const Error& error) override;
  void on_node_answer(Node& node, Item item, Reply reply) override;
  void on_node_failure(const Item& item, const Error& error) override;
  void on_node_answers_end(Node& node) override;
  Address subscriber_address() override;
  void on_subscriber_change() override;

  void route(Item item, SteadyTime now);
  // Null: no server is known for it.
  Node* pick(const Command& command);
  // The one of the cluster, which is made when there is none yet.
  Node& node_at(const Address& address);
  void redirect(Node& from, Item item, const Address& to, std::uint16_t slot, bool asking);
  void retry_later(Item item, std::string_view why);
  void retry();
  void flush();

  void open_seed();
  void become_single();
  void open_subscriber();
  // Asks a server for the map of the cluster.
  void ask(Node& node);
  void asked(const NodePtr& node, const Result<Reply>& reply);
  void apply(const ClusterMap& map);
  void refresh_soon();
  void refresh();
  void retire(NodePtr node);

  [[nodiscard]] bool complete() const;
  void update();

  const Surroundings& surroundings_;
  Counters& counters_;
  ClientState& state_;
  Subscriptions& subscriptions_;
  RouterOwner& owner_;
  Shape shape_ = Shape::unknown;
  bool complete_ = false;
  bool stopped_ = false;

  // The server that is asked first; in a cluster only while no other is connected. Of Shape::single: the one in nodes_.
  NodePtr seed_;
  std::map<Address, NodePtr> nodes_;
  std::vector<NodePtr> retired_;
  std::vector<Node*> slots_;  // of a cluster
  Node* keyless_ = nullptr;   // for commands without key
  std::shared_ptr<Subscriber> subscriber_;

  bool asking_ = false;  // CLUSTER SLOTS is under way
  bool refresh_scheduled_ = false;
  boost::asio::steady_timer refresh_timer_;
  std::vector<Item> retries_;
  boost::asio::steady_timer retry_timer_;
  std::minstd_rand random_{std::random_device{}()};  // spreads load; nothing secret
};

}  // namespace sotto::redis
