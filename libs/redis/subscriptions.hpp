// Subscriptions: which channels are subscribed to, and whose functions are called. Shared by Client, which changes it,
// and Subscriber, which calls. Any thread; calls happen on one (the I/O thread).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/base/bytes.hpp"

namespace sotto::redis {

struct Subscription {
  std::function<void(ByteView message)> on_message;
  std::function<void()> on_active;  // may be empty
};

class Subscriptions {
 public:
  void add(const std::string& channel, Subscription subscription);
  // False: there was none. `on_io_thread`: do not wait for a call that is running, for the caller may be it.
  bool remove(const std::string& channel, bool on_io_thread);
  [[nodiscard]] std::vector<std::string> channels() const;

  void message(const std::string& channel, ByteView message);
  void active(const std::string& channel);

 private:
  [[nodiscard]] std::shared_ptr<const Subscription> find(const std::string& channel) const;

  mutable std::mutex mutex_;  // guards the map
  std::unordered_map<std::string, std::shared_ptr<const Subscription>> by_channel_;
  std::mutex calling_;  // held while a function of a subscription runs
};

}  // namespace sotto::redis
