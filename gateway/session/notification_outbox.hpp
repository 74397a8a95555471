// NotificationOutbox: notifications on their way to one client, packed into as few blocks as hold them. What is more
// than `limit` bytes is dropped: a notification only says that there is a message, and the next one says it again.
// Owned by a connection; its I/O thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "libs/base/bytes.hpp"

namespace sotto::gateway {

class NotificationOutbox {
 public:
  explicit NotificationOutbox(std::size_t limit) : limit_(limit) {}

  // An encoded transmission. False: dropped.
  bool add(Bytes transmission);
  // Content of a block that is full, or with `partial` of what there is. Empty: there is none.
  Bytes take_block(bool partial);
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  const std::size_t limit_;
  std::deque<Bytes> waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace sotto::gateway
