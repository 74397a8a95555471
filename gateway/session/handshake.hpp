// The server's part of the handshake (docs/wire.md section 5), as functions over values: which hello to send, and what
// to make of the client's. Any thread.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "gateway/close_reason.hpp"
#include "gateway/session/authorizer.hpp"
#include "gateway/tls/identity.hpp"
#include "libs/smp/handshake.hpp"

namespace sotto::gateway {

// The versions offered: a client with which no ALPN was agreed is a legacy client and gets 6..6 (or nothing, when the
// configured range does not hold 6).
std::optional<smp::VersionRange> offered_versions(transport::Alpn alpn, smp::VersionRange configured);

// Content of the first block.
Bytes server_hello(const Identity& identity, smp::VersionRange versions, ByteView session_id,
                   const crypto::PublicKey& session_key);

struct ClientAgreement {
  smp::Version version = 0;
  // The client's X25519 session key, when it sent one.
  std::optional<crypto::PublicKey> client_key;
  bool encrypts_blocks = false;
  std::optional<ServiceSession> service;
};
struct HandshakeRefusal {
  CloseReason reason = CloseReason::handshake_parse;
  // What a service client is told in a third block before the connection ends.
  std::optional<smp::TransportError> reply;
};
// `identity`: what the client is to ask for. `tls_chain`: what the client sent in TLS.
std::variant<ClientAgreement, HandshakeRefusal> check_client_hello(ByteView content,
                                                                   const crypto::Fingerprint& identity,
                                                                   smp::VersionRange offered,
                                                                   const std::vector<Bytes>& tls_chain);

}  // namespace sotto::gateway
