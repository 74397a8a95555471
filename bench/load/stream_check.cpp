#include "bench/load/stream_check.hpp"

#include <fmt/format.h>

#include "bench/load/numbered_body.hpp"

namespace sotto::bench {

std::string StreamCheck::take(ByteView body) {
  const auto number = number_of(body);
  if (!number) return fmt::format("queue {}: a message of {} bytes, which nobody sent", queue_, body.size());
  if (number->queue != queue_) {
    // An arbitrary content names an arbitrary queue.
    if (!has_pattern(body)) return fmt::format("queue {}: a message whose content nobody sent", queue_);
    return fmt::format("queue {}: a message of queue {}", queue_, number->queue);
  }
  if (body.size() != size_) {
    return fmt::format("queue {}: message {} has {} bytes instead of {}", queue_, number->sequence, body.size(), size_);
  }
  if (!has_pattern(body)) return fmt::format("queue {}: message {} has another content", queue_, number->sequence);
  if (number->sequence != received_) return wrong_number(number->sequence);
  ++received_;
  return {};
}

std::string StreamCheck::wrong_number(std::uint64_t sequence) const {
  if (sequence < received_) return fmt::format("queue {}: message {} came twice", queue_, sequence);
  return fmt::format("queue {}: message {} came when message {} was due: lost, or out of order", queue_, sequence,
                     received_);
}

std::string StreamCheck::at_end(std::uint64_t sent) const {
  if (received_ == sent) return {};
  return fmt::format("queue {}: {} messages were sent and {} came", queue_, sent, received_);
}

}  // namespace sotto::bench
