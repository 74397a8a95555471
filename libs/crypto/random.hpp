// Random bytes of the operating system's generator (libsodium). Any thread. Up to 64 bytes come out of what the thread
// has drawn in advance, and are wiped there; a child of fork() never sees what its parent has drawn.
#pragma once

#include "libs/base/bytes.hpp"

namespace sotto::crypto {

// Must be called once before anything else of libs/crypto; calling again is harmless. Aborts when the system has no
// randomness: nothing can run without.
void initialise();

void random_bytes(MutableByteView out);

template <class IdType>
IdType random_id() {
  IdType id;
  random_bytes(id.bytes);
  return id;
}

}  // namespace sotto::crypto
