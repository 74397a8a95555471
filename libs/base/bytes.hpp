// Bytes and views of them, and their text forms. Views never own: each function that returns one says what it views.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

// The bytes of a text, and back; both view the argument.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view) {
  return {view.begin(), view.end()};
}
inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Ordinary comparison, for public values. Secrets have constant_time_equal (secret.hpp).
bool equal(ByteView a, ByteView b);

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);
// Either case; invalid_argument for an odd length or another character.
Result<Bytes> from_hex(std::string_view hex);

// RFC 4648 section 5, with `=` padding as the SMP address has it.
std::string to_base64url(ByteView bytes);
// With or without padding; invalid_argument for another character, an impossible length or non-zero spare bits.
Result<Bytes> from_base64url(std::string_view text);

}  // namespace sotto
