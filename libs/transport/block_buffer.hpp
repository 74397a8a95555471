// BlockBuffer: memory for one block, from a pool of the thread. A buffer may be freed on another thread than it came
// from. Pools are bounded; what they do not keep goes back to the allocator.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "libs/base/bytes.hpp"
#include "libs/smp/version.hpp"

namespace sotto::transport {

struct Block {
  std::array<std::uint8_t, smp::kBlockSize> bytes;
  [[nodiscard]] MutableByteView view() { return bytes; }
};

struct BlockRecycler {
  void operator()(Block* block) const noexcept;
};
using BlockBuffer = std::unique_ptr<Block, BlockRecycler>;

// Contents are not initialised.
BlockBuffer take_block_buffer();

}  // namespace sotto::transport
