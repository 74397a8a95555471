#include "libs/smp/block.hpp"

#include <algorithm>
#include <cassert>

#include "libs/crypto/hash.hpp"

namespace sotto::smp {
namespace {

constexpr std::size_t kLengthSize = 2;
constexpr std::uint8_t kPadding = '#';
constexpr std::size_t kMaxLength = 0xffff;

bool fits(std::size_t content_size, std::size_t size) {
  return size >= kLengthSize && content_size <= std::min(size - kLengthSize, kMaxLength);
}

}  // namespace

bool pad(ByteView content, std::size_t size, Bytes& out) {
  if (!fits(content.size(), size)) return false;
  const std::size_t start = out.size();
  out.resize(start + size, kPadding);
  const MutableByteView padded = MutableByteView(out).subspan(start);
  std::copy(content.begin(), content.end(), padded.begin() + kLengthSize);
  padded[0] = static_cast<std::uint8_t>(content.size() >> 8U);
  padded[1] = static_cast<std::uint8_t>(content.size() & 0xffU);
  return true;
}

bool pad_in_place(MutableByteView block, std::size_t content_size) {
  if (!fits(content_size, block.size())) return false;
  block[0] = static_cast<std::uint8_t>(content_size >> 8U);
  block[1] = static_cast<std::uint8_t>(content_size & 0xffU);
  const MutableByteView rest = block.subspan(kLengthSize + content_size);
  std::fill(rest.begin(), rest.end(), kPadding);
  return true;
}

std::optional<ByteView> unpad(ByteView padded) {
  if (padded.size() < kLengthSize) return std::nullopt;
  const std::size_t length = static_cast<std::size_t>(padded[0]) << 8U | padded[1];
  if (length > padded.size() - kLengthSize) return std::nullopt;
  return padded.subspan(kLengthSize, length);
}

BlockChain::Step BlockChain::next() {
  constexpr std::size_t kKeySize = Secret<32>::size;
  Secret<kKeySize + kKeySize + crypto::kNonceSize> derived;
  crypto::hkdf_sha512({}, chain_key_.expose(), as_bytes("SimpleXSbChain"), derived.expose_mutable());
  chain_key_ = Secret<32>(derived.expose().first(kKeySize));
  Step step;
  step.raw_key = crypto::RawKey(derived.expose().subspan(kKeySize, kKeySize));
  step.key = crypto::BoxKey::from_raw(step.raw_key);
  const ByteView nonce = derived.expose().subspan(kKeySize + kKeySize);
  std::copy(nonce.begin(), nonce.end(), step.nonce.begin());
  return step;
}

BlockChains make_block_chains(const crypto::RawKey& dh_secret, ByteView session_id) {
  Secret<64> derived;
  crypto::hkdf_sha512(session_id, dh_secret.expose(), as_bytes("SimpleXSbChainInit"), derived.expose_mutable());
  return {BlockChain(Secret<32>(derived.expose().first(32))), BlockChain(Secret<32>(derived.expose().last(32)))};
}

bool encrypt_block(BlockChain& chain, MutableByteView block, std::size_t content_size) {
  assert(block.size() == kBlockSize);
  if (!pad_in_place(block.subspan(crypto::kBoxTagSize), content_size)) return false;
  const auto step = chain.next();
  crypto::box_seal_in_place(step.key, step.nonce, block);
  return true;
}

std::optional<ByteView> decrypt_block(BlockChain& chain, MutableByteView block) {
  const auto step = chain.next();
  const auto plain = crypto::box_open_in_place(step.key, step.nonce, block);
  if (!plain) return std::nullopt;
  return unpad(*plain);
}

}  // namespace sotto::smp
