#include "libs/transport/block_buffer.hpp"

#include <vector>

namespace sotto::transport {
namespace {

// Buffers that a thread keeps for its next blocks: 64 blocks are 1 MiB, enough that a busy thread never allocates.
constexpr std::size_t kKept = 64;

struct Pool {
  std::vector<Block*> free;
  Pool() { free.reserve(kKept); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (auto* block : free) delete block;
  }
};

Pool& pool() {
  thread_local Pool pool;
  return pool;
}

}  // namespace

void BlockRecycler::operator()(Block* block) const noexcept {
  auto& free = pool().free;
  if (free.size() < kKept) {
    free.push_back(block);
  } else {
    delete block;
  }
}

BlockBuffer take_block_buffer() {
  auto& free = pool().free;
  if (free.empty()) return BlockBuffer(new Block);
  auto* block = free.back();
  free.pop_back();
  return BlockBuffer(block);
}

}  // namespace sotto::transport
