// WaitingRequests: what was said to the notification service and could not be written yet, in order, bounded by number
// and age: the oldest go. Owned by NotificationClient and guarded by its mutex.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

#include "libs/contract/notifications.hpp"

namespace sotto::notification {

class WaitingRequests {
 public:
  using RealTime = std::chrono::steady_clock::time_point;
  struct Entry {
    contract::NotificationRequest request;
    RealTime since;
  };
  using Entries = std::vector<Entry>;

  WaitingRequests(std::size_t most, std::chrono::milliseconds max_age) : most_(most), max_age_(max_age) {}

  // What went for it.
  Entries add(contract::NotificationRequest request, RealTime now);
  // Again in front, in their order; for those that may not have arrived. Fewer may wait afterwards than did before.
  Entries put_back(Entries entries);
  // What is too old.
  Entries expire(RealTime now);
  // The oldest, at most so many.
  Entries take(std::size_t most);
  // All subscriptions: they are said anew on the next stream.
  Entries take_subscriptions();

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  Entries shorten();

  const std::size_t most_;
  const std::chrono::milliseconds max_age_;
  std::deque<Entry> entries_;
};

}  // namespace sotto::notification
