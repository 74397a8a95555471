// StreamCheck: whether the messages of one queue arrive as they were sent: each once, in order, none missing, with
// their content. A value; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.hpp"

namespace sotto::bench {

class StreamCheck {
 public:
  // Messages of `queue` have numbers from 0 and `size` bytes each.
  StreamCheck(std::uint64_t queue, std::size_t size) : queue_(queue), size_(size) {}

  // The next message that came. What is wrong with it, as a sentence; empty when nothing is.
  [[nodiscard]] std::string take(ByteView body);
  // When no more may come: what is missing of the `sent` messages; empty when nothing is.
  [[nodiscard]] std::string at_end(std::uint64_t sent) const;
  // Messages that came and were right.
  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  [[nodiscard]] std::string wrong_number(std::uint64_t sequence) const;

  std::uint64_t queue_;
  std::size_t size_;
  std::uint64_t received_ = 0;
};

}  // namespace sotto::bench
