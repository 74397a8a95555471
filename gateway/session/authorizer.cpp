#include "gateway/session/authorizer.hpp"

#include <algorithm>

namespace sotto::gateway {
namespace {

using smp::AuthorizationKind;

crypto::KeyKind key_kind(AuthorizationKind kind) {
  switch (kind) {
    case AuthorizationKind::ed448:
      return crypto::KeyKind::ed448;
    case AuthorizationKind::authenticator:
      return crypto::KeyKind::x25519;
    default:
      return crypto::KeyKind::ed25519;
  }
}

// Keys that nobody has the private part of in memory: made once, used where there is no queue.
const crypto::PublicKey& dummy_key(AuthorizationKind kind) {
  static const auto ed25519 = crypto::PrivateKey::generate(crypto::KeyKind::ed25519).public_key();
  static const auto ed448 = crypto::PrivateKey::generate(crypto::KeyKind::ed448).public_key();
  static const auto x25519 = crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key();
  switch (key_kind(kind)) {
    case crypto::KeyKind::ed448:
      return ed448;
    case crypto::KeyKind::x25519:
      return x25519;
    default:
      return ed25519;
  }
}

}  // namespace

Authorizer::Authorizer(Bytes session_id, crypto::PrivateKey session_key, smp::Version version,
                       GatewayCounters& counters)
    : session_id_(std::move(session_id)),
      session_key_(std::move(session_key)),
      version_(version),
      counters_(counters) {}

bool Authorizer::verify(const smp::Transmission& transmission, std::span<const crypto::PublicKey> keys,
                        const ServiceSession* with_service) {
  const auto kind = smp::authorization_kind(transmission.authorization);
  if (!kind || *kind == AuthorizationKind::none) return false;
  if (*kind == AuthorizationKind::authenticator && version_ < smp::kVersionAuthenticators) return false;

  Bytes start;
  if (with_service != nullptr) append(start, with_service->certificate_hash);
  // In v6 the session id was sent, so it stands in `authorized` already.
  if (version_ >= smp::kVersionAuthenticators) {
    start.push_back(static_cast<std::uint8_t>(session_id_.size()));
    append(start, session_id_);
  }

  bool tried = false;
  for (const auto& key : keys) {
    if (key.kind() != key_kind(*kind)) continue;
    tried = true;
    if (verify_one(*kind, transmission, key, start)) return true;
  }
  if (!tried) static_cast<void>(verify_one(*kind, transmission, dummy_key(*kind), start));
  return false;
}

bool Authorizer::verify_service(const smp::Transmission& transmission, const ServiceSession& service) {
  thread_local Bytes signed_content;
  signed_content.clear();
  smp::append_signed_content(transmission, session_id_, version_, signed_content);
  return crypto::verify(service.session_key, signed_content, transmission.service_signature);
}

bool Authorizer::verify_service_command(const smp::Transmission& transmission, const ServiceSession& service) {
  const bool signs = smp::authorization_kind(transmission.authorization) == AuthorizationKind::ed25519;
  if (!signs || !transmission.service_signature.empty()) return false;
  counters_.verifications[static_cast<std::size_t>(AuthorizationKind::ed25519)].add();
  thread_local Bytes signed_content;
  signed_content.clear();
  smp::append_signed_content(transmission, session_id_, version_, signed_content);
  return crypto::verify(service.session_key, signed_content, transmission.authorization);
}

bool Authorizer::verify_one(AuthorizationKind kind, const smp::Transmission& transmission, const crypto::PublicKey& key,
                            ByteView start) {
  counters_.verifications[static_cast<std::size_t>(kind)].add();
  if (kind == AuthorizationKind::authenticator) return verify_authenticator(transmission, key, start);
  thread_local Bytes signed_content;  // signatures want one piece; kept per thread, never per connection
  signed_content.assign(start.begin(), start.end());
  append(signed_content, transmission.authorized);
  return crypto::verify(key, signed_content, transmission.authorization);
}

bool Authorizer::verify_authenticator(const smp::Transmission& transmission, const crypto::PublicKey& key,
                                      ByteView start) {
  const auto right = [&](const crypto::BoxKey& secret) {
    return crypto::verify_authenticator(secret, transmission.corr_id, start, transmission.authorized,
                                        transmission.authorization);
  };
  if (const auto* secret = known_secret(key); secret != nullptr) return right(*secret);
  auto secret = secret_with(key);
  if (!secret || !right(*secret)) return false;
  if (known_.size() < kKnown) {
    known_.push_back({key, *std::move(secret)});
  } else {
    known_[next_] = {key, *std::move(secret)};
    next_ = (next_ + 1) % kKnown;
  }
  return true;
}

std::optional<crypto::BoxKey> Authorizer::secret_with(const crypto::PublicKey& key) const {
  const auto raw = crypto::dh(key, session_key_);
  if (!raw) return std::nullopt;
  return crypto::BoxKey::from_raw(*raw);
}

const crypto::BoxKey* Authorizer::known_secret(const crypto::PublicKey& key) const {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& known) { return known.key == key; });
  return found == known_.end() ? nullptr : &found->secret;
}

}  // namespace sotto::gateway
