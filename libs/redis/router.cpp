#include "libs/redis/router.hpp"

#include <algorithm>
#include <utility>

#include "libs/observability/log.hpp"
#include "libs/redis/reply_error.hpp"
#include "libs/redis/slot.hpp"

namespace sotto::redis {
namespace {

// Between two looks at the map of a cluster: a slot that moves is noticed by every command that meets it.
constexpr std::chrono::milliseconds kRefreshGap{100};
// Commands that are sent to and fro longer than this wait between the attempts: the nodes do not agree yet.
constexpr std::uint32_t kQuickRedirections = 4;

Error not_connected(const Error& why) {
  return {ErrorCode::unavailable, "not connected to Redis: " + why.message};
}

}  // namespace

Router::Router(const Surroundings& surroundings, Counters& counters, ClientState& state, Subscriptions& subscriptions,
               RouterOwner& owner)
    : surroundings_(surroundings),
      counters_(counters),
      state_(state),
      subscriptions_(subscriptions),
      owner_(owner),
      subscriber_(std::make_shared<Subscriber>(surroundings, counters, *this, subscriptions)),
      refresh_timer_(surroundings.io),
      retry_timer_(surroundings.io) {}

void Router::start() {
  open_seed();
}

void Router::open_seed() {
  if (seed_) return;
  seed_ = std::make_shared<Node>(surroundings_, counters_, *this, surroundings_.options.servers);
  seed_->open();
}

void Router::run(std::span<const std::shared_ptr<Call>> calls) {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& call : calls) {
    for (std::uint32_t i = 0; i < call->commands().size(); ++i) route({call, i, 0, now}, now);
  }
  flush();
}

void Router::stop() {
  stopped_ = true;
  const Error error{ErrorCode::unavailable, "the connections to Redis were closed"};
  refresh_timer_.cancel();
  retry_timer_.cancel();
  subscriber_->close();
  for (const auto& item : std::exchange(retries_, {})) owner_.on_answered(item, error);
  if (seed_) seed_->stop(error);
  for (const auto& [address, node] : nodes_) node->stop(error);
  for (const auto& node : retired_) node->stop(error);
}

void Router::flush() {
  for (const auto& [address, node] : nodes_) node->flush();
  if (seed_) seed_->flush();
}

// ---- commands

void Router::route(Item item, SteadyTime now) {
  if (item.call->deadline() <= now) {
    return owner_.on_answered(item, Error{ErrorCode::timeout, "the deadline of a command for Redis has passed"});
  }
  auto* const node = pick(item.command());
  if (node == nullptr && shape_ == Shape::cluster) {
    return retry_later(std::move(item), "CLUSTERDOWN no server is known for the slot of the command");
  }
  if (node == nullptr) {
    return owner_.on_answered(item, not_connected(seed_->failure()));
  }
  if (!node->accepts()) return owner_.on_answered(item, not_connected(node->failure()));
  node->submit(std::move(item), false, now);
}

Node* Router::pick(const Command& command) {
  if (shape_ == Shape::unknown) return nullptr;
  if (shape_ == Shape::single) return seed_.get();
  if (const auto slot = command.slot()) return slots_[*slot];
  // The same as long as it lives, so that such commands keep their order, too.
  if (keyless_ != nullptr && keyless_->up()) return keyless_;
  for (const auto& [address, node] : nodes_) {
    if (keyless_ == nullptr || node->up()) keyless_ = node.get();
  }
  return keyless_;
}

Node& Router::node_at(const Address& address) {
  auto& node = nodes_[address];
  if (!node) {
    node = std::make_shared<Node>(surroundings_, counters_, *this, std::vector{address});
    node->open();
  }
  return *node;
}

void Router::on_node_answer(Node& node, Item item, Reply reply) {
  if (reply.kind() != Reply::Kind::error) return owner_.on_answered(item, std::move(reply));
  const auto error = classify(reply.text());
  if (shape_ == Shape::cluster && error.kind == ReplyError::Kind::moved) {
    ++counters_.moved;
    return redirect(node, std::move(item), error.address, error.slot, false);
  }
  if (shape_ == Shape::cluster && error.kind == ReplyError::Kind::ask) {
    ++counters_.asked;
    return redirect(node, std::move(item), error.address, error.slot, true);
  }
  if (error.kind == ReplyError::Kind::try_again && item.call->counts()) {
    ++counters_.retries;
    return retry_later(std::move(item), reply.text());
  }
  owner_.on_answered(item, to_error(reply.text()));
}

void Router::redirect(Node& from, Item item, const Address& to, std::uint16_t slot, bool asking) {
  auto& node = node_at({to.host.empty() ? from.address().host : to.host, to.port});
  if (!asking) {
    slots_[slot] = &node;
    refresh_soon();
  }
  if (++item.attempts > kQuickRedirections) return retry_later(std::move(item), "TRYAGAIN the cluster is changing");
  const auto now = std::chrono::steady_clock::now();
  if (item.call->deadline() <= now) {
    return owner_.on_answered(item, Error{ErrorCode::timeout, "the deadline of a command for Redis has passed"});
  }
  if (!node.accepts()) return owner_.on_answered(item, not_connected(node.failure()));
  node.submit(std::move(item), asking, now);
}

void Router::retry_later(Item item, std::string_view why) {
  const auto delay = surroundings_.options.retry_delay;
  if (item.call->deadline() <= std::chrono::steady_clock::now() + delay) {
    return owner_.on_answered(item, to_error(why));
  }
  ++item.attempts;
  retries_.push_back(std::move(item));
  if (retries_.size() > 1) return;
  retry_timer_.expires_after(delay);
  retry_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopped_) retry();
  });
}

void Router::retry() {
  const auto now = std::chrono::steady_clock::now();
  for (auto& item : std::exchange(retries_, {})) route(std::move(item), now);
  flush();
  // The map may be what is wrong.
  refresh_soon();
}

void Router::on_node_failure(const Item& item, const Error& error) {
  owner_.on_answered(item, error);
}

void Router::on_node_answers_end(Node& /*node*/) {
  flush();
}

// ---- servers

void Router::on_node_up(Node& node) {
  if (&node == seed_.get() && shape_ == Shape::unknown && surroundings_.options.mode == Mode::single) become_single();
  if (&node == seed_.get() && shape_ != Shape::single) ask(node);
  if (&node != seed_.get() && seed_) {
    retire(std::exchange(seed_, nullptr));  // it was for the time when no other was connected
    refresh_soon();
  }
  // After a fail-over within one list of addresses, channels must not stay at the server that was left.
  if (shape_ == Shape::single && subscriber_->up() && subscriber_->address() != node.address()) {
    subscriber_->restart({ErrorCode::unavailable, "Redis is at another address now"});
  }
  update();
}

void Router::on_node_down(Node& node, const Error& error) {
  // In a cluster a seed may fail while all is well.
  if (shape_ != Shape::cluster || &node != seed_.get()) state_.set_failure(error);
  if (shape_ == Shape::cluster) refresh_soon();
  update();
}

void Router::become_single() {
  shape_ = Shape::single;
  nodes_[seed_->address()] = seed_;
  open_subscriber();
}

void Router::open_subscriber() {
  if (!subscriptions_.channels().empty()) subscriber_->open();
}

void Router::ask(Node& node) {
  if (std::exchange(asking_, true)) return;
  std::vector<Command> commands;
  commands.push_back(Command("CLUSTER").arg("SLOTS"));
  auto self = std::static_pointer_cast<Node>(node.shared_from_this());
  auto call = std::make_shared<InternalCall>(std::move(commands),
                                             std::chrono::steady_clock::now() + surroundings_.options.command_timeout,
                                             [this, self](const Result<Reply>& reply) { asked(self, reply); });
  const auto now = std::chrono::steady_clock::now();
  node.submit({std::move(call), 0, 0, now}, false, now);
  node.flush();
}

void Router::asked(const NodePtr& node, const Result<Reply>& reply) {
  asking_ = false;
  if (stopped_) return;
  if (!reply) {
    // Servers without cluster mode, and what only speaks like Redis, answer an error of their own.
    const bool refused =
        reply.error().code == ErrorCode::internal || reply.error().code == ErrorCode::permission_denied;
    if (shape_ == Shape::unknown && refused && surroundings_.options.mode == Mode::detect && node == seed_) {
      become_single();
      return update();
    }
    if (shape_ == Shape::unknown) state_.set_failure(reply.error());
    return refresh_soon();
  }
  const auto map = parse_cluster_slots(*reply, node->address());
  if (!map || map->empty()) {
    if (shape_ == Shape::unknown) {
      state_.set_failure(map ? Error{ErrorCode::unavailable, "the Redis Cluster serves no slots yet"} : map.error());
    }
    return refresh_soon();
  }
  apply(*map);
}

void Router::apply(const ClusterMap& map) {
  shape_ = Shape::cluster;
  state_.set_cluster(true);
  if (const auto seed = std::exchange(seed_, nullptr)) {
    // One that is part of the cluster need not be connected to twice.
    const Address address = seed->address();
    const bool part =
        std::any_of(map.begin(), map.end(), [&](const SlotRange& range) { return range.master == address; });
    if (part && seed->up() && !nodes_.contains(address)) {
      seed->pin(address);
      nodes_[address] = seed;
    } else {
      retire(seed);
    }
  }

  auto old = std::exchange(nodes_, {});
  slots_.assign(kSlots, nullptr);
  for (const auto& range : map) {
    if (const auto known = old.find(range.master); known != old.end()) nodes_.insert(old.extract(known));
    auto& node = node_at(range.master);
    std::fill(slots_.begin() + range.first, slots_.begin() + range.last + 1, &node);
  }
  for (auto& [address, node] : old) {
    if (keyless_ == node.get()) keyless_ = nullptr;
    retire(std::move(node));
  }
  open_subscriber();
  if (subscriber_->up() && !nodes_.contains(subscriber_->address())) {
    subscriber_->restart({ErrorCode::unavailable, "the server of the subscriptions has left the Redis Cluster"});
  }
  update();
  flush();
}

void Router::retire(NodePtr node) {
  node->retire();
  retired_.push_back(std::move(node));
}

void Router::refresh_soon() {
  if (shape_ == Shape::single || std::exchange(refresh_scheduled_, true)) return;
  refresh_timer_.expires_after(kRefreshGap);
  refresh_timer_.async_wait([this](const boost::system::error_code& error) {
    refresh_scheduled_ = false;
    if (!error && !stopped_) refresh();
  });
}

void Router::refresh() {
  std::erase_if(retired_, [](const NodePtr& node) { return node->closed(); });
  for (const auto& [address, node] : nodes_) {
    if (node->up()) return ask(*node);
  }
  open_seed();
  if (seed_->up()) ask(*seed_);
}

// ---- subscriptions

void Router::subscription_added(const std::string& channel) {
  if (shape_ == Shape::unknown) return;  // open_subscriber() follows
  subscriber_->added(channel);
}

void Router::subscription_removed(const std::string& channel) {
  subscriber_->removed(channel);
}

Address Router::subscriber_address() {
  if (shape_ == Shape::single) return seed_->address();
  std::vector<Address> up;
  for (const auto& [address, node] : nodes_) {
    if (node->up()) up.push_back(address);
  }
  if (up.empty()) return nodes_.begin()->first;
  return up[random_() % up.size()];
}

void Router::on_subscriber_change() {
  if (!subscriber_->up() && !subscriber_->is_new()) state_.set_failure(subscriber_->failure());
  update();
}

// ---- state

bool Router::complete() const {
  if (shape_ == Shape::unknown) return false;
  // What is being connected for the first time, because the cluster or the subscriptions have grown, was not lost.
  for (const auto& [address, node] : nodes_) {
    if (!node->up() && !(complete_ && node->fresh())) return false;
  }
  return subscriber_->idle() || subscriber_->restored() || (complete_ && subscriber_->is_new());
}

void Router::update() {
  if (stopped_) return;
  const bool now = complete();
  if (now == std::exchange(complete_, now)) return;
  if (now) {
    owner_.on_connected(state_.set_connected());
  } else {
    owner_.on_lost();
  }
}

}  // namespace sotto::redis
