#include "libs/crypto/keys.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>

#include <sodium.h>

#include "libs/crypto/early_rejection.hpp"
#include "libs/crypto/hash.hpp"
#include "libs/crypto/openssl.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::crypto {
namespace {

constexpr std::size_t kEd448KeySize = 57;
constexpr std::size_t kEd448SignatureSize = 114;

// DER of each kind is a fixed head followed by the raw key (RFC 8410); the byte at `oid_offset` tells the kinds apart.
struct Encoding {
  KeyKind kind;
  std::size_t raw_size;
  std::size_t signature_size;
  std::array<std::uint8_t, 12> public_head;   // SubjectPublicKeyInfo up to the key
  std::array<std::uint8_t, 16> private_head;  // PKCS#8 version 1 up to the key
};

constexpr std::array<Encoding, 3> kEncodings{{
    {KeyKind::ed25519,
     crypto_sign_PUBLICKEYBYTES,
     crypto_sign_BYTES,
     {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00},
     {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20}},
    {KeyKind::ed448,
     kEd448KeySize,
     kEd448SignatureSize,
     {0x30, 0x43, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71, 0x03, 0x3a, 0x00},
     {0x30, 0x47, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71, 0x04, 0x3b, 0x04, 0x39}},
    {KeyKind::x25519,
     crypto_scalarmult_BYTES,
     0,
     {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00},
     {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20}},
}};

constexpr const Encoding& encoding(KeyKind kind) {
  return kEncodings.at(static_cast<std::size_t>(kind) - 1);
}

// The encoding whose head `der` has, followed by exactly one raw key; null when there is none.
template <class Head>
const Encoding* find_encoding(ByteView der, Head Encoding::*head) {
  for (const auto& candidate : kEncodings) {
    const auto& expected = candidate.*head;
    if (der.size() == expected.size() + candidate.raw_size && equal(der.first(expected.size()), expected)) {
      return &candidate;
    }
  }
  return nullptr;
}

openssl::PKey ed448_private(ByteView seed) {
  openssl::PKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED448, nullptr, seed.data(), seed.size()));
  if (!key) throw std::runtime_error("OpenSSL refuses an Ed448 key");
  return key;
}

PublicKey derive_public(KeyKind kind, ByteView seed) {
  std::array<std::uint8_t, kEd448KeySize> raw{};
  std::size_t size = raw_key_size(kind);
  switch (kind) {
    case KeyKind::ed25519: {
      Secret<crypto_sign_SECRETKEYBYTES> secret;
      crypto_sign_seed_keypair(raw.data(), secret.expose_mutable().data(), seed.data());
      break;
    }
    case KeyKind::ed448:
      if (EVP_PKEY_get_raw_public_key(ed448_private(seed).get(), raw.data(), &size) != 1) {
        throw std::runtime_error("OpenSSL gives no Ed448 public key");
      }
      break;
    case KeyKind::x25519:
      crypto_scalarmult_base(raw.data(), seed.data());
      break;
  }
  return PublicKey::from_raw(kind, ByteView(raw).first(size)).value();
}

bool verify_ed448(ByteView key, ByteView message, ByteView signature) {
  const openssl::ErrorMark mark;
  const openssl::PKey pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, nullptr, key.data(), key.size()));
  const openssl::DigestContext context(EVP_MD_CTX_new());
  return pkey && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

bool verify_ed25519(ByteView key, ByteView message, ByteView signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

bool verify_raw(const PublicKey& key, ByteView message, ByteView signature) {
  return key.kind() == KeyKind::ed25519 ? verify_ed25519(key.raw(), message, signature)
                                        : verify_ed448(key.raw(), message, signature);
}

// A key and a signature that no library refuses before the whole work is done.
struct Decoy {
  explicit Decoy(KeyKind kind) : Decoy(PrivateKey::generate(kind)) {}
  explicit Decoy(const PrivateKey& private_key) : key(private_key.public_key()), signature(sign(private_key, {})) {}
  PublicKey key;
  Bytes signature;
};

const Decoy& decoy(KeyKind kind) {
  static const Decoy ed25519(KeyKind::ed25519);
  static const Decoy ed448(KeyKind::ed448);
  return kind == KeyKind::ed25519 ? ed25519 : ed448;
}

}  // namespace

std::size_t raw_key_size(KeyKind kind) {
  return encoding(kind).raw_size;
}
std::size_t signature_size(KeyKind kind) {
  return encoding(kind).signature_size;
}

Result<PublicKey> PublicKey::from_der(ByteView der) {
  const Encoding* const found = find_encoding(der, &Encoding::public_head);
  if (found == nullptr) {
    return Error{ErrorCode::invalid_argument, "not the DER of an Ed25519, Ed448 or X25519 public key"};
  }
  return from_raw(found->kind, der.subspan(found->public_head.size()));
}

Result<PublicKey> PublicKey::from_raw(KeyKind kind, ByteView raw) {
  if (raw.size() != raw_key_size(kind)) return Error{ErrorCode::invalid_argument, "a public key of the wrong size"};
  PublicKey key;
  key.kind_ = kind;
  std::copy(raw.begin(), raw.end(), key.raw_.begin());
  return key;
}

Bytes PublicKey::der() const {
  Bytes out;
  append_der(out);
  return out;
}

void PublicKey::append_der(Bytes& out) const {
  append(out, encoding(kind_).public_head);
  append(out, raw());
}

PrivateKey::PrivateKey(KeyKind kind, ByteView seed)
    : kind_(kind), seed_(seed), public_key_(derive_public(kind, seed)) {}

PrivateKey PrivateKey::generate(KeyKind kind) {
  Secret<kEd448KeySize> seed;
  random_bytes(seed.expose_mutable());
  return {kind, seed.expose().first(raw_key_size(kind))};
}

Result<PrivateKey> PrivateKey::from_der(ByteView der) {
  const Encoding* const found = find_encoding(der, &Encoding::private_head);
  if (found == nullptr) {
    return Error{ErrorCode::invalid_argument, "not the PKCS#8 DER of an Ed25519, Ed448 or X25519 private key"};
  }
  return PrivateKey(found->kind, der.subspan(found->private_head.size()));
}

Bytes PrivateKey::der() const {
  const Encoding& form = encoding(kind_);
  Bytes out;
  out.reserve(form.private_head.size() + form.raw_size);  // no copy left behind by growth
  append(out, form.private_head);
  append(out, expose());
  return out;
}

Bytes sign(const PrivateKey& key, ByteView message) {
  Bytes signature(signature_size(key.kind()));
  if (key.kind() == KeyKind::ed25519) {
    // libsodium's secret key is the seed followed by the public key; having both saves a scalar multiplication.
    Secret<crypto_sign_SECRETKEYBYTES> secret(key.expose());
    const ByteView public_key = key.public_key().raw();
    std::copy(public_key.begin(), public_key.end(), secret.expose_mutable().begin() + crypto_sign_SEEDBYTES);
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret.expose().data());
    return signature;
  }
  assert(key.kind() == KeyKind::ed448);
  std::size_t size = signature.size();
  const openssl::PKey pkey = ed448_private(key.expose());
  const openssl::DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    throw std::runtime_error("OpenSSL cannot sign");
  }
  return signature;
}

bool verify(const PublicKey& key, ByteView message, ByteView signature) {
  if (key.kind() == KeyKind::x25519 || signature.size() != signature_size(key.kind())) return false;
  if (verify_raw(key, message, signature)) return true;
  // The libraries refuse a malformed key or signature at once; the work that they saved is done on the decoy.
  if (is_rejected_early(key, signature)) {
    const Decoy& stand_in = decoy(key.kind());
    verify_raw(stand_in.key, message, stand_in.signature);
  }
  return false;
}

std::optional<RawKey> dh(const PublicKey& theirs, const PrivateKey& ours) {
  if (theirs.kind() != KeyKind::x25519 || ours.kind() != KeyKind::x25519) return std::nullopt;
  RawKey secret;
  // Fails when the output is all zero.
  if (crypto_scalarmult(secret.expose_mutable().data(), ours.expose().data(), theirs.raw().data()) != 0) {
    return std::nullopt;
  }
  return secret;
}

Bytes authenticator(const BoxKey& secret, ByteView corr_id, ByteView signed_content) {
  return box_seal(secret, nonce_from(corr_id), sha512(signed_content));
}

bool verify_authenticator(const BoxKey& secret, ByteView corr_id, ByteView signed_content, ByteView authenticator) {
  return verify_authenticator(secret, corr_id, signed_content, {}, authenticator);
}

bool verify_authenticator(const BoxKey& secret, ByteView corr_id, ByteView signed_start, ByteView signed_rest,
                          ByteView authenticator) {
  // Made again and compared, rather than opened: opening stops early when the tag is wrong.
  const auto expected = box_seal(secret, nonce_from(corr_id), sha512(signed_start, signed_rest));
  return constant_time_equal(expected, authenticator);
}

}  // namespace sotto::crypto
