// The client's part of the SMP handshake as pure functions: who the server is, and what the two hellos agree on
// (docs/wire.md section 5). Any thread.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "libs/smp-client/connect_options.hpp"
#include "libs/smp-client/failure.hpp"
#include "libs/smp/block.hpp"
#include "libs/smp/handshake.hpp"

namespace sotto::client {

// What a connection has agreed on.
struct Agreed {
  smp::Version version = 0;
  smp::VersionRange server_versions{};
  Bytes session_id;
  std::optional<crypto::PublicKey> server_session_key;
  std::optional<crypto::PrivateKey> session_key;
  bool encrypts_blocks = false;
  // Service sessions: the key that signs, and the hash that goes before what queue keys sign.
  std::optional<crypto::PrivateKey> service_key;
  crypto::Fingerprint service_certificate_hash{};
};

// The chain that TLS showed: 2 to 4 certificates, valid at `now`, of the identity that is expected.
std::optional<Failure> check_identity(const std::vector<Bytes>& chain, const crypto::Fingerprint& expected,
                                      SystemTime now);

// Our answer to the server's hello, and what it means.
struct HelloAnswer {
  smp::ClientHello hello;
  Agreed agreed;
};
std::variant<HelloAnswer, Failure> answer_hello(const smp::ServerHello& server, const std::vector<Bytes>& tls_chain,
                                                ByteView tls_session_id, const ConnectOptions& options);

}  // namespace sotto::client
