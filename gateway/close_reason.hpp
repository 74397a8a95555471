// CloseReason: why the gateway ended a connection. A closed list: one metric label each (docs/flow-control.md explains
// every one). "unknown" does not exist; a new way to end a connection is a new line here.
#pragma once

#include <cstdint>
#include <string_view>

namespace sotto::gateway {

enum class CloseReason : std::uint8_t {
  peer_closed,            // the client went away
  socket_error,           // the network ended it
  browser,                // it was a browser, and was given a page
  bad_proxy_header,       // a balancer did not say, or not in time, where the client comes from
  tls_handshake_failed,   // not TLS, or no version, cipher, key or certificate in common
  tls_broken,             // a record that does not authenticate, after the handshake
  tls_handshake_timeout,  // TLS was not up in time
  smp_handshake_timeout,  // TLS was up, the client's handshake block did not come in time
  handshake_parse,        // the client's handshake block does not parse
  identity_mismatch,      // the client wants a server of another identity
  version_mismatch,       // no version in common
  bad_service,            // a service certificate that does not check
  store_unavailable,      // whether a service's certificate is known cannot be said now
  too_many_bad_blocks,    // the client keeps sending blocks that nobody can read
  slow_reader,            // it did not read what was sent to it
  slow_block,             // it began a block and did not finish it
  idle,                   // nothing came for long, and it subscribes to nothing
  connection_limit,       // the server has as many connections as it may
  handshake_limit,        // too many connections are in their handshakes
  shutdown,               // the server stops
};

inline constexpr std::size_t kCloseReasons = static_cast<std::size_t>(CloseReason::shutdown) + 1;

// The label: the name above.
std::string_view to_string(CloseReason reason);

}  // namespace sotto::gateway
