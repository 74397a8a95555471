// Authorizer: says whether a transmission was made with a key, for one connection. Whether the key exists or not, one
// verification of the kind that was sent is done, so that AUTH takes the same time with and without a queue
// (docs/wire.md section 8). Owned by a connection; its I/O thread only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gateway/counters.hpp"
#include "libs/backend/record.hpp"
#include "libs/base/ids.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/authorization.hpp"
#include "libs/smp/transmission.hpp"

namespace sotto::gateway {

// A service session: who the service is (docs/wire.md section 5).
struct ServiceSession {
  crypto::PublicKey session_key;           // Ed25519, verifies the service's signatures
  crypto::Fingerprint certificate_hash{};  // of the CA or self-signed certificate
  ServiceId id;
  char role = 'M';
};

// As the backend knows it.
inline backend::Service known_as(const ServiceSession& session) {
  return {.id = session.id, .role = session.role, .certificate_hash = session.certificate_hash};
}

class Authorizer {
 public:
  // `counters` must outlive it.
  Authorizer(Bytes session_id, crypto::PrivateKey session_key, smp::Version version, GatewayCounters& counters);

  // True when the transmission is authorized by any of `keys`. Without authorization: false. With no key of the kind
  // that was sent (no queue, another kind of key): a dummy verification, and false. `with_service`: the authorization
  // is over the hash of the service's certificate as well.
  bool verify(const smp::Transmission& transmission, std::span<const crypto::PublicKey> keys,
              const ServiceSession* with_service = nullptr);
  // Whether the service signature is right.
  bool verify_service(const smp::Transmission& transmission, const ServiceSession& service);
  // Whether a command of the service itself (SUBS, NSUBS) is authorized: by the service's key, and nothing else.
  bool verify_service_command(const smp::Transmission& transmission, const ServiceSession& service);

  // What the session's key and `key` (X25519) agree on; nothing for a key that gives no secret.
  [[nodiscard]] std::optional<crypto::BoxKey> secret_with(const crypto::PublicKey& key) const;

  [[nodiscard]] const Bytes& session_id() const { return session_id_; }
  [[nodiscard]] smp::Version version() const { return version_; }

 private:
  // `start` and `transmission.authorized` together are what is signed.
  bool verify_one(smp::AuthorizationKind kind, const smp::Transmission& transmission, const crypto::PublicKey& key,
                  ByteView start);
  bool verify_authenticator(const smp::Transmission& transmission, const crypto::PublicKey& key, ByteView start);
  const crypto::BoxKey* known_secret(const crypto::PublicKey& key) const;

  Bytes session_id_;
  crypto::PrivateKey session_key_;
  smp::Version version_;
  GatewayCounters& counters_;

  // DH secrets with X25519 queue keys that have authorized something here: a scalar multiplication costs 50 µs, and a
  // sender uses the same key for every message. Only right authorizations enter, so an attacker learns nothing from it.
  struct Known {
    crypto::PublicKey key;
    crypto::BoxKey secret;
  };
  static constexpr std::size_t kKnown = 16;
  std::vector<Known> known_;
  std::size_t next_ = 0;
};

}  // namespace sotto::gateway
