// Public and private keys of the protocol: Ed25519 and Ed448 for signatures, X25519 for authenticators and secrets.
// Values; a key may be read by many threads. Private keys wipe themselves and cannot be printed.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/box.hpp"

namespace sotto::crypto {

enum class KeyKind : std::uint8_t { ed25519 = 1, ed448 = 2, x25519 = 3 };  // the numbers are stored: never reuse one

// Bytes of the raw public key: 32, 57, 32.
std::size_t raw_key_size(KeyKind kind);
// Bytes of a signature: 64 and 114; 0 for x25519.
std::size_t signature_size(KeyKind kind);

class PublicKey {
 public:
  // DER SubjectPublicKeyInfo of one of the kinds above, exactly (44 or 69 bytes); else invalid_argument.
  static Result<PublicKey> from_der(ByteView der);
  // Raw key bytes; invalid_argument for a wrong size.
  static Result<PublicKey> from_raw(KeyKind kind, ByteView raw);

  [[nodiscard]] KeyKind kind() const { return kind_; }
  // Both view or copy this key's bytes.
  [[nodiscard]] ByteView raw() const { return {raw_.data(), raw_key_size(kind_)}; }
  [[nodiscard]] Bytes der() const;
  void append_der(Bytes& out) const;

  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

 private:
  PublicKey() = default;
  KeyKind kind_ = KeyKind::ed25519;
  std::array<std::uint8_t, 57> raw_{};  // unused bytes are zero, so that comparison is plain
};

class PrivateKey {
 public:
  static PrivateKey generate(KeyKind kind);
  // DER PKCS#8 of one of the kinds; invalid_argument otherwise.
  static Result<PrivateKey> from_der(ByteView der);

  [[nodiscard]] KeyKind kind() const { return kind_; }
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  // PKCS#8; the caller wipes it.
  [[nodiscard]] Bytes der() const;
  // The 32 (or 57) secret bytes. The view lives as long as the key.
  [[nodiscard]] ByteView expose() const { return {seed_.expose().data(), raw_key_size(kind_)}; }

 private:
  PrivateKey(KeyKind kind, ByteView seed);
  KeyKind kind_;
  Secret<57> seed_;
  PublicKey public_key_;
};

// Signature over `message` (64 or 114 bytes). Precondition: a signing key.
Bytes sign(const PrivateKey& key, ByteView message);

// Whether `signature` is of the right size and by `key`. False for an x25519 key. Takes the same time for any key of
// one kind and any signature of the right size.
bool verify(const PublicKey& key, ByteView message, ByteView signature);

// Raw X25519 output. Nothing for a key that is not X25519 or for an all-zero result (a low-order public key).
std::optional<RawKey> dh(const PublicKey& theirs, const PrivateKey& ours);

// 16-byte tag + 64 bytes: box of SHA-512(signed), nonce from the correlation id (docs/wire.md section 6).
inline constexpr std::size_t kAuthenticatorSize = 80;
Bytes authenticator(const BoxKey& secret, ByteView corr_id, ByteView signed_content);
// Constant time for equal sizes.
bool verify_authenticator(const BoxKey& secret, ByteView corr_id, ByteView signed_content, ByteView authenticator);
// The same where what is signed lies in two places, so that a block needs no copy to be verified.
bool verify_authenticator(const BoxKey& secret, ByteView corr_id, ByteView signed_start, ByteView signed_rest,
                          ByteView authenticator);

}  // namespace sotto::crypto
