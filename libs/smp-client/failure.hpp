// Failure: why a connection to an SMP server could not be made or ended, with the layer that failed, so that tools can
// say where to look. A plain value.
#pragma once

#include <optional>
#include <string_view>

#include "libs/base/error.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::client {

// In the order in which they are passed.
enum class Layer : std::uint8_t {
  address,      // nothing in the address can be connected to
  dns,          // the name has no usable address
  tcp,          // no TCP connection
  tls,          // no TLS session
  chain,        // the server's certificates are not a chain of the protocol
  fingerprint,  // they are, but of another server
  handshake,    // the SMP handshake
  service,      // the service credentials were refused
  session,      // the connection was up and ended or broke
};
std::string_view to_string(Layer layer);

// What exactly, for tools and tests to branch on.
enum class Reason : std::uint8_t {
  onion_host,            // address: only .onion hosts, which are never looked up in DNS
  name_not_found,        // dns: no such name
  no_family,             // dns: the name has no address of the wanted family
  dns_unavailable,       // dns: no answer from the resolver
  refused,               // tcp
  unreachable,           // tcp: no route, or another failure of the socket
  address_refused,       // address, dns: only addresses that may not be connected to
  socks_failed,          // tcp: the SOCKS proxy does not answer, or not as it should
  timeout,               // any layer: no answer in time
  closed,                // tls: hung up before TLS; handshake, session: the server closed the connection
  not_tls,               // tls: what came back is not TLS
  tls_alert,             // tls: the server refused the TLS handshake
  tls_other,             // tls: anything else OpenSSL reports
  chain_length,          // chain: not 2 to 4 certificates
  chain_invalid,         // chain: signature or date
  fingerprint_mismatch,  // fingerprint
  not_smp,               // handshake: the first block is no SMP server hello
  session_mismatch,      // handshake: session id or chain differ from TLS: something between ends TLS
  bad_session_key,       // handshake: the signed session key does not verify
  version_range,         // handshake: no common version
  service_refused,       // service: the server said why
  broken,                // session: bytes that are not the protocol
  local,                 // our own settings cannot work
};

struct Failure {
  Layer layer = Layer::session;
  Reason reason = Reason::local;
  // Says what happened; holds neither the address of the server nor any secret.
  Error error;
  // Set for fingerprint_mismatch: the identity that the server showed.
  std::optional<crypto::Fingerprint> seen_fingerprint;
};

}  // namespace sotto::client
