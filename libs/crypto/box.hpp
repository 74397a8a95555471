// The one cipher of the protocol: box = 16-byte Poly1305 tag + XSalsa20 ciphertext, under k2 = HSalsa20(key, zeros)
// (docs/wire.md, "box"). Pure functions, any thread.
#pragma once

#include <array>
#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/base/secret.hpp"

namespace sotto::crypto {

inline constexpr std::size_t kBoxTagSize = 16;
inline constexpr std::size_t kNonceSize = 24;

using Nonce = std::array<std::uint8_t, kNonceSize>;

// 24 bytes from a correlation id: a shorter one is zero-padded, a longer one is cut (docs/wire.md section 6).
Nonce nonce_from(ByteView corr_id);
// The same bytes, last first (proxy responses).
Nonce reversed(const Nonce& nonce);
Nonce random_nonce();

// A raw X25519 output or a symmetric key as derived: not yet usable by the cipher.
using RawKey = Secret<32>;

// k2: what the cipher runs under. Kept instead of the raw key wherever a secret lives long.
class BoxKey {
 public:
  BoxKey() = default;
  // One HSalsa20.
  static BoxKey from_raw(const RawKey& key);
  // From storage: bytes that expose() gave.
  static BoxKey from_stored(ByteView k2) { return BoxKey(Secret<32>(k2)); }
  [[nodiscard]] ByteView expose() const { return k2_.expose(); }
  friend bool operator==(const BoxKey&, const BoxKey&) = default;

 private:
  explicit BoxKey(Secret<32> k2) : k2_(std::move(k2)) {}
  Secret<32> k2_;
};

// tag + ciphertext of `plain`, appended to `out` (16 + plain.size() bytes).
void box_seal(const BoxKey& key, const Nonce& nonce, ByteView plain, Bytes& out);
Bytes box_seal(const BoxKey& key, const Nonce& nonce, ByteView plain);

// In place: buffer = 16 free bytes, then the plaintext; becomes tag + ciphertext. Precondition: buffer.size() >= 16.
void box_seal_in_place(const BoxKey& key, const Nonce& nonce, MutableByteView buffer);

// Plaintext of `box`, or nothing when it is shorter than a tag or does not authenticate.
std::optional<Bytes> box_open(const BoxKey& key, const Nonce& nonce, ByteView box);

// In place: on success the plaintext is buffer.subspan(16), viewed by the result; nothing when it does not authenticate
// (the buffer is then unchanged).
std::optional<MutableByteView> box_open_in_place(const BoxKey& key, const Nonce& nonce, MutableByteView buffer);

}  // namespace sotto::crypto
