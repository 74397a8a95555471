#include "libs/crypto/box.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

#include <sodium.h>

#include "libs/crypto/poly1305.hpp"
#include "libs/crypto/random.hpp"
#include "libs/crypto/salsa20_stream.hpp"

namespace sotto::crypto {

static_assert(crypto_secretbox_MACBYTES == kBoxTagSize);
static_assert(crypto_secretbox_NONCEBYTES == kNonceSize);
static_assert(crypto_core_hsalsa20_OUTPUTBYTES == RawKey::size);

namespace {

// From this size on, a box is made of the two parts that are quicker than libsodium's.
constexpr std::size_t kLarge = 1024;

// XSalsa20 for one message: Salsa20 under the key that the nonce's first 16 bytes give. Of the stream, the first 32
// bytes are the authenticator's key, and what comes then hides the message.
class LargeBox {
 public:
  LargeBox(const BoxKey& key, const Nonce& nonce) : nonce_(ByteView(nonce).subspan(crypto_core_hsalsa20_INPUTBYTES)) {
    crypto_core_hsalsa20(subkey_.expose_mutable().data(), nonce.data(), key.expose().data(), nullptr);
    salsa20_xor(subkey_.expose(), nonce_, 0, begin_.expose_mutable());
  }

  [[nodiscard]] std::array<std::uint8_t, kBoxTagSize> tag(ByteView ciphertext) const {
    return poly1305(begin_.expose().first(kTagKeySize), ciphertext);
  }
  // Encrypts and decrypts. Precondition: kLarge bytes at least.
  void apply(MutableByteView message) const {
    const auto begin = begin_.expose().subspan(kTagKeySize);
    std::transform(begin.begin(), begin.end(), message.begin(), message.begin(), std::bit_xor<std::uint8_t>());
    salsa20_xor(subkey_.expose(), nonce_, kLarge / kSalsa20BlockSize, message.subspan(begin.size()));
  }

 private:
  static constexpr std::size_t kTagKeySize = 32;
  ByteView nonce_;
  Secret<32> subkey_;
  Secret<kLarge> begin_;  // of the stream: as much as is made at a time
};

// `message` becomes ciphertext.
void seal(const BoxKey& key, const Nonce& nonce, std::uint8_t* tag, MutableByteView message) {
  if (message.size() < kLarge) {
    std::uint8_t nothing = 0;
    auto* const text = message.empty() ? &nothing : message.data();  // libsodium takes no null pointer
    crypto_secretbox_detached(text, tag, text, message.size(), nonce.data(), key.expose().data());
    return;
  }
  const LargeBox box(key, nonce);
  box.apply(message);
  const auto made = box.tag(message);
  std::copy(made.begin(), made.end(), tag);
}

// `message` becomes plaintext; false, and nothing is changed, when it does not authenticate.
bool open(const BoxKey& key, const Nonce& nonce, const std::uint8_t* tag, MutableByteView message) {
  if (message.size() < kLarge) {
    std::uint8_t nothing = 0;
    auto* const text = message.empty() ? &nothing : message.data();  // as above
    return crypto_secretbox_open_detached(text, text, tag, message.size(), nonce.data(), key.expose().data()) == 0;
  }
  const LargeBox box(key, nonce);
  const auto right = box.tag(message);
  if (crypto_verify_16(right.data(), tag) != 0) return false;
  box.apply(message);
  return true;
}

}  // namespace

Nonce nonce_from(ByteView corr_id) {
  Nonce nonce{};
  std::copy_n(corr_id.begin(), std::min(corr_id.size(), nonce.size()), nonce.begin());
  return nonce;
}

Nonce reversed(const Nonce& nonce) {
  Nonce out{};
  std::reverse_copy(nonce.begin(), nonce.end(), out.begin());
  return out;
}

Nonce random_nonce() {
  Nonce nonce{};
  random_bytes(nonce);
  return nonce;
}

BoxKey BoxKey::from_raw(const RawKey& key) {
  constexpr std::array<std::uint8_t, crypto_core_hsalsa20_INPUTBYTES> zeros{};
  Secret<32> k2;
  crypto_core_hsalsa20(k2.expose_mutable().data(), zeros.data(), key.expose().data(), nullptr);
  return BoxKey(std::move(k2));
}

void box_seal(const BoxKey& key, const Nonce& nonce, ByteView plain, Bytes& out) {
  const std::size_t start = out.size();
  out.resize(start + kBoxTagSize);
  append(out, plain);
  seal(key, nonce, out.data() + start, MutableByteView(out).subspan(start + kBoxTagSize));
}

Bytes box_seal(const BoxKey& key, const Nonce& nonce, ByteView plain) {
  Bytes out;
  box_seal(key, nonce, plain, out);
  return out;
}

void box_seal_in_place(const BoxKey& key, const Nonce& nonce, MutableByteView buffer) {
  assert(buffer.size() >= kBoxTagSize);
  seal(key, nonce, buffer.data(), buffer.subspan(kBoxTagSize));
}

std::optional<Bytes> box_open(const BoxKey& key, const Nonce& nonce, ByteView box) {
  if (box.size() < kBoxTagSize) return std::nullopt;
  const ByteView body = box.subspan(kBoxTagSize);
  Bytes plain(body.begin(), body.end());
  if (!open(key, nonce, box.data(), plain)) return std::nullopt;
  return plain;
}

std::optional<MutableByteView> box_open_in_place(const BoxKey& key, const Nonce& nonce, MutableByteView buffer) {
  if (buffer.size() < kBoxTagSize) return std::nullopt;
  const MutableByteView body = buffer.subspan(kBoxTagSize);
  if (!open(key, nonce, buffer.data(), body)) return std::nullopt;
  return body;
}

}  // namespace sotto::crypto
