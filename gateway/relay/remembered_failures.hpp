// RememberedFailures: relays that could not be connected to, and why, for a while: who asks for them meanwhile is
// answered without another attempt. A bounded number, the oldest first forgotten. Owned by the RelayPool; its thread
// only.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "gateway/relay/relay_outcome.hpp"
#include "libs/base/clock.hpp"

namespace sotto::gateway {

class RememberedFailures {
 public:
  RememberedFailures(std::chrono::milliseconds lifetime, std::size_t most) : lifetime_(lifetime), most_(most) {}

  void add(const std::string& key, RelayError error, SteadyTime now) {
    forget_old(now);
    if (lifetime_.count() == 0 || most_ == 0) return;
    if (!errors_.insert_or_assign(key, std::move(error)).second) return;  // asked for again at the very moment
    order_.emplace_back(now + lifetime_, key);
    if (order_.size() > most_) pop();
  }
  // Null: nothing is known against it.
  [[nodiscard]] const RelayError* find(const std::string& key, SteadyTime now) {
    forget_old(now);
    const auto found = errors_.find(key);
    return found == errors_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::size_t size() const { return errors_.size(); }

 private:
  void forget_old(SteadyTime now) {
    while (!order_.empty() && order_.front().first <= now) pop();
  }
  void pop() {
    errors_.erase(order_.front().second);
    order_.pop_front();
  }

  const std::chrono::milliseconds lifetime_;
  const std::size_t most_;
  std::unordered_map<std::string, RelayError> errors_;
  std::deque<std::pair<SteadyTime, std::string>> order_;  // the oldest first
};

}  // namespace sotto::gateway
