#include "libs/smp/proxy_layers.hpp"

#include <algorithm>

#include "libs/smp/block.hpp"
#include "libs/smp/encoding.hpp"

namespace sotto::smp {

std::optional<Bytes> seal_for_relay(const crypto::BoxKey& key, const crypto::Nonce& nonce, ByteView block_content) {
  Bytes out;
  out.reserve(crypto::kBoxTagSize + kProxiedPaddedSize);
  out.resize(crypto::kBoxTagSize);
  if (!pad(block_content, kProxiedPaddedSize, out)) return std::nullopt;
  crypto::box_seal_in_place(key, nonce, out);
  return out;
}

std::optional<Bytes> open_from_client(const crypto::BoxKey& key, const crypto::Nonce& nonce, ByteView encrypted) {
  auto padded = crypto::box_open(key, nonce, encrypted);
  if (!padded) return std::nullopt;
  const auto content = unpad(*padded);
  if (!content) return std::nullopt;
  const std::size_t size = content->size();
  padded->erase(padded->begin(), padded->begin() + 2);
  padded->resize(size);
  return padded;
}

Bytes encode(const Forwarded& forwarded) {
  Bytes out;
  out.reserve(forwarded.client_corr_id.size() + forwarded.encrypted_transmission.size() + 80);
  Writer writer(out);
  writer.s8(forwarded.client_corr_id);
  writer.w16(forwarded.version);
  writer.key(forwarded.client_key);
  writer.raw(forwarded.encrypted_transmission);
  return out;
}

std::optional<Forwarded> parse_forwarded(ByteView plain) {
  Reader reader(plain);
  const ByteView corr_id = reader.s8();
  const Version version = reader.w16();
  const auto key = reader.key(crypto::KeyKind::x25519);
  if (!key) return std::nullopt;
  return Forwarded{corr_id, version, *key, reader.tail()};
}

Bytes encode(const ForwardedResponse& response) {
  Bytes out;
  out.reserve(1 + response.client_corr_id.size() + response.encrypted_response.size());
  Writer writer(out);
  writer.s8(response.client_corr_id);
  writer.raw(response.encrypted_response);
  return out;
}

std::optional<ForwardedResponse> parse_forwarded_response(ByteView plain) {
  Reader reader(plain);
  const ByteView corr_id = reader.s8();
  if (!reader.ok()) return std::nullopt;
  return ForwardedResponse{corr_id, reader.tail()};
}

}  // namespace sotto::smp
