// Salsa20 over a buffer, as boxes use it: sixteen blocks at a time where the processor has AVX-512, libsodium
// elsewhere. Six boxes of 16 KiB are the largest part of what a message costs (docs/performance.md): 7.5 us each for
// this cipher with libsodium, which knows AVX2, 2.7 us here on the same machine.
//
// Pure functions, any thread.
#pragma once

#include <array>
#include <cstdint>

#include "libs/base/bytes.hpp"

namespace sotto::crypto {

inline constexpr std::size_t kSalsa20BlockSize = 64;

// XORs the stream of key (32 bytes) and nonce (8 bytes), from its block `counter` on, into `data`. Precondition: the
// counter stays below 2^32.
void salsa20_xor(ByteView key, ByteView nonce, std::uint32_t counter, MutableByteView data);

// Whether salsa20_xor() uses AVX-512 here.
bool salsa20_is_wide();

}  // namespace sotto::crypto
