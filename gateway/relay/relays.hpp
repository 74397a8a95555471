// Relays: the servers that a gateway forwards to for its clients (private routing, docs/private-routing.md). What
// sessions ask; owned by the program. Any thread; nothing blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/address.hpp"
#include "libs/smp/error.hpp"
#include "libs/smp/version.hpp"

namespace sotto::gateway {

struct RelayAddress {
  std::vector<smp::Host> hosts;  // at least one
  std::uint16_t port = smp::kDefaultPort;
  crypto::Fingerprint fingerprint{};
};

// What a client needs to encrypt for a relay (PKEY).
struct RelaySession {
  Bytes session_id;
  smp::VersionRange versions;  // that the relay and we have in common
  std::vector<Bytes> certificate_chain;
  Bytes signed_key;
};

// What PFWD brings. Owns its bytes.
struct Forwarding {
  Bytes corr_id;
  smp::Version version = 0;
  crypto::PublicKey client_key;
  Bytes encrypted;
};

class Relays {
 public:
  using Connected = std::function<void(std::variant<std::shared_ptr<const RelaySession>, smp::ProtocolError>)>;
  // The response as the client can open it.
  using Forwarded = std::function<void(std::variant<Bytes, smp::ProtocolError>)>;

  virtual ~Relays() = default;
  // `done` is called once, by any thread, perhaps before this returns; it must not block. Both have deadlines.
  virtual void connect(RelayAddress address, Connected done) = 0;
  // To a relay by the session id that connect() gave.
  virtual void forward(Bytes session_id, Forwarding forwarding, Forwarded done) = 0;
};

}  // namespace sotto::gateway
