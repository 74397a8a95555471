#include "gateway/session/forwarded.hpp"

#include <utility>

#include "libs/smp/proxy_layers.hpp"

namespace sotto::gateway {
namespace {

using smp::SimpleError;

// The oldest version with proxies.
constexpr smp::Version kFirstProxied = 8;

smp::ProtocolError version_error() {
  smp::BrokerError error;
  error.kind = smp::BrokerError::Kind::transport;
  error.transport = smp::TransportError{smp::TransportErrorKind::version};
  return smp::proxy_error(std::move(error));
}

}  // namespace

std::variant<ForwardedCommand, smp::ProtocolError> ForwardedCommand::open(ByteView encrypted, ByteView corr_id,
                                                                          const crypto::BoxKey& proxy_secret,
                                                                          const Authorizer& authorizer) {
  const auto plain = crypto::box_open(proxy_secret, crypto::nonce_from(corr_id), encrypted);
  if (!plain) return SimpleError::crypto;
  const auto forwarded = smp::parse_forwarded(*plain);
  if (!forwarded) return smp::CommandError::syntax;
  if (forwarded->version < kFirstProxied || forwarded->version > smp::kMaxVersion) return version_error();
  auto client_secret = authorizer.secret_with(forwarded->client_key);
  if (!client_secret) return SimpleError::crypto;
  auto content = smp::open_from_client(*client_secret, crypto::nonce_from(forwarded->client_corr_id),
                                       forwarded->encrypted_transmission);
  if (!content) return SimpleError::crypto;

  ForwardedCommand out;
  out.corr_id_ = corr_id;
  out.client_corr_id_ = to_bytes(forwarded->client_corr_id);
  out.content_ = *std::move(content);  // moving it keeps its bytes in place: they are viewed
  out.version_ = forwarded->version;
  out.proxy_secret_ = proxy_secret;
  out.client_secret_ = *std::move(client_secret);
  const auto parsed = smp::parse_block(out.content_, out.version_);
  if (!parsed || parsed->transmissions.size() != 1 || !parsed->transmissions.front()) return SimpleError::block;
  out.transmission_ = *parsed->transmissions.front();
  return out;
}

std::optional<Bytes> ForwardedCommand::seal(ByteView response) const {
  smp::BlockPacker packer;
  if (!packer.fits(response.size())) return std::nullopt;
  packer.add(response);
  const auto nonce = crypto::reversed(crypto::nonce_from(client_corr_id_));
  const auto sealed = smp::seal_for_relay(client_secret_, nonce, packer.take());
  if (!sealed) return std::nullopt;
  const auto plain = smp::encode(smp::ForwardedResponse{client_corr_id_, *sealed});
  return crypto::box_seal(proxy_secret_, crypto::reversed(crypto::nonce_from(corr_id_)), plain);
}

bool may_be_forwarded(const smp::Command& command) {
  return std::holds_alternative<smp::Send>(command) || std::holds_alternative<smp::Skey>(command) ||
         std::holds_alternative<smp::Lkey>(command) || std::holds_alternative<smp::Lget>(command) ||
         std::holds_alternative<smp::Rslv>(command);
}

}  // namespace sotto::gateway
