// The contents of the handshake blocks (docs/wire.md section 5). Values; parse results own their bytes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/base/ids.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp/error.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

using SessionId = std::array<std::uint8_t, kSessionIdSize>;

struct ServerHello {
  VersionRange versions;
  Bytes session_id;                      // the wire allows any length up to 255; ours is 32
  std::vector<Bytes> certificate_chain;  // leaf first; empty when versions.max < 7
  Bytes signed_key;                      // X25519 session key signed by the leaf; empty when versions.max < 7
};
Bytes encode(const ServerHello& hello);
Result<ServerHello> parse_server_hello(ByteView content);

enum class ServiceRole : char { messaging = 'M', notifier = 'N', proxy = 'P' };

struct ClientService {
  ServiceRole role = ServiceRole::messaging;
  std::vector<Bytes> certificate_chain;
  Bytes signed_key;  // Ed25519 session key signed by the leaf
};

struct ClientHello {
  Version version = kMaxVersion;
  Bytes fingerprint;                             // of the identity the client expects; 32 bytes when valid
  std::optional<crypto::PublicKey> session_key;  // X25519, from v7
  bool proxy_server = false;                     // from v14
  std::optional<ClientService> service;          // from v16
};
Bytes encode(const ClientHello& hello);
// Trailing bytes are ignored. Fields of later versions than `version` inside are not looked for.
Result<ClientHello> parse_client_hello(ByteView content);

// Third block, only for service sessions.
using ServiceReply = std::variant<ServiceId, TransportError>;
Bytes encode(const ServiceReply& reply);
Result<ServiceReply> parse_service_reply(ByteView content);

}  // namespace sotto::smp
