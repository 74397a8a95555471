#include "libs/crypto/box.hpp"

#include <algorithm>
#include <cassert>

#include <sodium.h>

#include "libs/crypto/random.hpp"

namespace sotto::crypto {

static_assert(crypto_secretbox_MACBYTES == kBoxTagSize);
static_assert(crypto_secretbox_NONCEBYTES == kNonceSize);
static_assert(crypto_core_hsalsa20_OUTPUTBYTES == RawKey::size);

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
  out.resize(start + kBoxTagSize + plain.size());
  std::uint8_t* const tag = out.data() + start;
  crypto_secretbox_detached(tag + kBoxTagSize, tag, plain.data(), plain.size(), nonce.data(), key.expose().data());
}

Bytes box_seal(const BoxKey& key, const Nonce& nonce, ByteView plain) {
  Bytes out;
  box_seal(key, nonce, plain, out);
  return out;
}

void box_seal_in_place(const BoxKey& key, const Nonce& nonce, MutableByteView buffer) {
  assert(buffer.size() >= kBoxTagSize);
  const MutableByteView body = buffer.subspan(kBoxTagSize);
  crypto_secretbox_detached(body.data(), buffer.data(), body.data(), body.size(), nonce.data(), key.expose().data());
}

std::optional<Bytes> box_open(const BoxKey& key, const Nonce& nonce, ByteView box) {
  if (box.size() < kBoxTagSize) return std::nullopt;
  const ByteView body = box.subspan(kBoxTagSize);
  Bytes plain(body.size());
  if (crypto_secretbox_open_detached(plain.data(), body.data(), box.data(), body.size(), nonce.data(),
                                     key.expose().data()) != 0) {
    return std::nullopt;
  }
  return plain;
}

std::optional<MutableByteView> box_open_in_place(const BoxKey& key, const Nonce& nonce, MutableByteView buffer) {
  if (buffer.size() < kBoxTagSize) return std::nullopt;
  const MutableByteView body = buffer.subspan(kBoxTagSize);
  if (crypto_secretbox_open_detached(body.data(), body.data(), buffer.data(), body.size(), nonce.data(),
                                     key.expose().data()) != 0) {
    return std::nullopt;
  }
  return body;
}

}  // namespace sotto::crypto
