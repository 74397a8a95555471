// Bodies of messages that say which they are: the number of their queue and their own in the first 16 bytes, and after
// these a pattern that follows from both, so that the content of every message is checked at the speed of a comparison.
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.hpp"

namespace sotto::bench {

struct Number {
  std::uint64_t queue = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const Number&, const Number&) = default;
};

// The smallest body that holds its number.
inline constexpr std::size_t kLeastBody = 16;

// Fills the whole of `body`, which has kLeastBody bytes or more.
void write_body(const Number& number, MutableByteView body);
// Nothing for a body that is too short for one.
std::optional<Number> number_of(ByteView body);
// Whether all that follows the number is the pattern of that number. Precondition: number_of(body).
bool has_pattern(ByteView body);

}  // namespace sotto::bench
