// Poly1305, the authenticator of boxes, by OpenSSL, whose code for AVX-512 and AVX2 takes 1.4 us for 16 KiB where
// libsodium's for SSE2 takes 4.2 (docs/performance.md).
//
// Pure function, any thread.
#pragma once

#include <array>
#include <cstdint>

#include "libs/base/bytes.hpp"

namespace sotto::crypto {

// Precondition: `key` has 32 bytes, and is used for one message only.
std::array<std::uint8_t, 16> poly1305(ByteView key, ByteView message);

}  // namespace sotto::crypto
