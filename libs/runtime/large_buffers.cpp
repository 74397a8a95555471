#include "libs/runtime/large_buffers.hpp"

#include <malloc.h>

namespace sotto::runtime {
namespace {

// Frames and pipelines hold up to a few MiB; what lies above stays mapped on its own.
constexpr int kMappedFrom = 32 << 20;
// Free memory at the top of the heap that is kept: what a burst needed and the next one will need again.
constexpr int kKept = 64 << 20;

}  // namespace

void keep_large_buffers() {
  mallopt(M_MMAP_THRESHOLD, kMappedFrom);
  mallopt(M_TRIM_THRESHOLD, kKept);
}

}  // namespace sotto::runtime
