#include "libs/redis/node.hpp"

#include <algorithm>
#include <utility>

#include "libs/redis/reply_error.hpp"

namespace sotto::redis {
namespace {

// A script that is missing again right after it was loaded will not be there the next time either.
constexpr std::uint32_t kMaxLoads = 3;

}  // namespace

Node::Node(const Surroundings& surroundings, Counters& counters, NodeOwner& owner, std::vector<Address> addresses)
    : Link(surroundings, counters), owner_(owner), addresses_(std::move(addresses)) {}

Address Node::next_address() {
  return addresses_[next_++ % addresses_.size()];
}

void Node::submit(Item item, bool asking, SteadyTime now) {
  if (!up()) {
    waiting_.push_back({std::move(item), asking});
    return;
  }
  const auto& command = item.command();
  if (command.script()) ensure_loaded(*command.script(), now);
  if (asking) send_own(Command("ASKING"), now);
  command.append_to(output());
  push(std::move(item), now);
}

void Node::send_own(const Command& command, SteadyTime now) {
  command.append_to(output());
  push({}, now);
}

void Node::push(Item item, SteadyTime now) {
  item.sent = now;
  in_flight_.push_back(std::move(item));
}

void Node::ensure_loaded(const Script& script, SteadyTime now) {
  for (const auto& loaded : loaded_) {
    if (loaded.script.sha().data() == script.sha().data()) return;
  }
  loaded_.push_back({script, answered_ + in_flight_.size()});
  ++counters().script_loads;
  send_own(Command("SCRIPT").arg("LOAD").arg(script.source()), now);
}

void Node::forget(const Script& script, std::uint64_t number) {
  // Calls that were sent before the script was loaded again say nothing about now.
  const auto stale = std::remove_if(loaded_.begin(), loaded_.end(), [&](const Loaded& loaded) {
    return loaded.script.sha().data() == script.sha().data() && loaded.number < number;
  });
  loaded_.erase(stale, loaded_.end());
}

void Node::on_up() {
  const auto now = std::chrono::steady_clock::now();
  for (auto& waiting : std::exchange(waiting_, {})) submit(std::move(waiting.item), waiting.asking, now);
  if (retired_ && in_flight_.empty()) return close();
  owner_.on_node_up(*this);
}

void Node::on_down(const Error& error, bool was_up) {
  loaded_.clear();
  // What waited for a connection was not sent.
  const bool sent = was_up && !in_flight_.empty();
  fail_all({sent ? ErrorCode::connection_failed : ErrorCode::unavailable, error.message});
  if (retired_) return close();
  owner_.on_node_down(*this, error);
}

void Node::on_answer(Reply reply) {
  if (in_flight_.empty()) return restart({ErrorCode::protocol, "Redis answered what was not asked"});
  Item item = std::move(in_flight_.front());
  in_flight_.pop_front();
  const auto number = answered_++;
  if (!item.call) return;
  if (reply.kind() == Reply::Kind::error && classify(reply.text()).kind == ReplyError::Kind::no_script &&
      item.command().script() && item.attempts < kMaxLoads) {
    forget(*item.command().script(), number);
    ++item.attempts;
    return submit(std::move(item), false, std::chrono::steady_clock::now());
  }
  owner_.on_node_answer(*this, std::move(item), std::move(reply));
}

void Node::on_answers_end() {
  last_answer_ = std::chrono::steady_clock::now();
  owner_.on_node_answers_end(*this);
  if (retired_ && in_flight_.empty()) close();
}

std::optional<SteadyTime> Node::waits_since() const {
  if (in_flight_.empty()) return std::nullopt;
  // While answers come, those behind them are not lost, only many.
  return std::max(in_flight_.front().sent, last_answer_);
}

void Node::send_ping() {
  send_own(Command("PING"), std::chrono::steady_clock::now());
}

void Node::fail_all(const Error& error) {
  answered_ += in_flight_.size();
  for (const auto& item : std::exchange(in_flight_, {})) {
    if (item.call) owner_.on_node_failure(item, error);
  }
  for (const auto& waiting : std::exchange(waiting_, {})) owner_.on_node_failure(waiting.item, error);
}

void Node::stop(const Error& error) {
  close();
  fail_all(error);
}

void Node::retire() {
  retired_ = true;
  if (in_flight_.empty() && waiting_.empty()) close();
}

}  // namespace sotto::redis
