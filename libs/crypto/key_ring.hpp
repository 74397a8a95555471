// KeyRing: the platform keys, under which secrets are sealed before they are stored (XChaCha20-Poly1305 with a random
// nonce). The first key seals; every key opens, so that a new key can be put in front and the old secrets be sealed
// again later. Constant after parse(): any thread. Keys are wiped and cannot be printed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/box.hpp"

namespace sotto::crypto {

// Nonce, sealed key and tag: what every sealed secret takes.
inline constexpr std::size_t kSealedSize = 24 + 32 + 16;

class KeyRing {
 public:
  // The text of a platform key file: a key a line, "<id>:<base64url of 32 bytes>" with an id from 1 to 65535. Blank
  // lines and lines that begin with # are ignored. `configuration` when a line is wrong (its number and why, never the
  // key), when two lines have the same id, or when there is no key.
  static Result<KeyRing> parse(std::string_view text);
  // A line with a new random key, without a line end. The caller wipes it.
  static std::string generate_line(std::uint16_t id);

  // Of the key that seals.
  [[nodiscard]] std::uint16_t current_id() const { return keys_.front().id; }
  [[nodiscard]] bool has(std::uint16_t id) const { return find(id) != nullptr; }
  [[nodiscard]] std::vector<std::uint16_t> ids() const;  // in the order of the file

  struct Sealed {
    std::uint16_t key_id = 0;
    Bytes bytes;  // kSealedSize of them
  };
  // `context` says what the secret is and whose; it is not stored, and what was sealed with one opens with no other.
  [[nodiscard]] Sealed seal(const BoxKey& secret, ByteView context) const;
  // `configuration` when there is no such key, or when it is another than the one that sealed (or the bytes are
  // damaged, or of another context: these cannot be told apart).
  [[nodiscard]] Result<BoxKey> open(std::uint16_t key_id, ByteView sealed, ByteView context) const;

  // A key for another purpose, which `context` names: HKDF-SHA512 of the key, one way. Precondition: has(key_id).
  [[nodiscard]] Secret<32> derive(std::uint16_t key_id, ByteView context) const;

 private:
  struct Key {
    std::uint16_t id;
    Secret<32> bytes;
  };
  KeyRing() = default;
  [[nodiscard]] const Key* find(std::uint16_t id) const;

  std::vector<Key> keys_;  // at least one
};

}  // namespace sotto::crypto
