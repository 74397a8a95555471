// Digests and the key derivation of the protocol. Pure functions, any thread.
#pragma once

#include <array>

#include "libs/base/bytes.hpp"
#include "libs/base/secret.hpp"

namespace sotto::crypto {

std::array<std::uint8_t, 32> sha256(ByteView data);
std::array<std::uint8_t, 64> sha512(ByteView data);
// SHA-512 of the concatenation a + b, without copying.
std::array<std::uint8_t, 64> sha512(ByteView a, ByteView b);
std::array<std::uint8_t, 48> sha3_384(ByteView data);
std::array<std::uint8_t, 16> md5(ByteView data);

// HKDF (RFC 5869) with SHA-512. `out` may be up to 255 * 64 bytes. An empty salt is 64 zero bytes.
void hkdf_sha512(ByteView salt, ByteView input_key, ByteView info, MutableByteView out);

}  // namespace sotto::crypto
