#include "libs/crypto/random.hpp"

#include <cstdlib>

#include <sodium.h>

namespace sotto::crypto {

void initialise() {
  if (sodium_init() < 0) std::abort();
}

void random_bytes(MutableByteView out) {
  randombytes_buf(out.data(), out.size());
}

}  // namespace sotto::crypto
