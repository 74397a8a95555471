// For programs that pass messages on: tells malloc to keep the memory of large buffers instead of giving it back to the
// kernel with every one that is freed, which costs a page fault for each 4 KiB when the next one comes. Measured in the
// queue service (docs/adr/0003-postgres-schema.md). Called by main() before there are threads.
#pragma once

namespace sotto::runtime {

void keep_large_buffers();

}  // namespace sotto::runtime
