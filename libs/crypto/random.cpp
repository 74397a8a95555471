#include "libs/crypto/random.hpp"

#include <cstdlib>

#include <openssl/crypto.h>
#include <sodium.h>

namespace sotto::crypto {

void initialise() {
  // When a process exits, threads of gRPC may still be speaking TLS: what OpenSSL has is not taken from under them.
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) std::abort();
  if (sodium_init() < 0) std::abort();
}

void random_bytes(MutableByteView out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

}  // namespace sotto::crypto
