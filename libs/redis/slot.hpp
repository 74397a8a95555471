// The slot of a key in a Redis Cluster (cluster specification, "Key distribution model"). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sotto::redis {

inline constexpr std::size_t kSlots = 16384;

// CRC-16 of the key, or of its hash tag: what is between the first `{` and the next `}`, unless that is nothing.
std::uint16_t slot_of(std::string_view key);

}  // namespace sotto::redis
