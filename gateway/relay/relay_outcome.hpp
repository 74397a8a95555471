// What came of a question to a relay: for the client as an error of the protocol, for metrics and the log as one word.
// Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/smp-client/failure.hpp"
#include "libs/smp/error.hpp"

namespace sotto::gateway {

enum class RelayOutcome : std::uint8_t {
  ok,
  refused,       // we do not connect to it: policy, host mode, addresses that are not public
  network,       // no name, no connection, no TLS, or the connection ended
  timeout,       // no answer in time
  incompatible,  // it speaks, but not with us: identity, handshake, versions
  relay_error,   // it answered with an error of its own, or with what makes no sense
  overloaded,    // too much is under way here
};
inline constexpr std::size_t kRelayOutcomes = 7;

std::string_view to_string(RelayOutcome outcome);  // as above

struct RelayError {
  RelayOutcome outcome = RelayOutcome::network;
  smp::ProtocolError error;
};

// Why a relay cannot be connected to (docs/private-routing.md, "Errors").
RelayError relay_error(const client::Failure& failure);

// PROXY BROKER with this kind.
RelayError broker_error(RelayOutcome outcome, smp::BrokerError::Kind kind);
// We do not connect to it: PROXY BROKER HOST.
RelayError refused_error();
// No answer in time, or no turn: PROXY BROKER TIMEOUT, upon which clients try again later.
RelayError timeout_error();
RelayError overloaded_error();
// The connection ended: PROXY BROKER NETWORK.
RelayError network_error();
// The relay answered, but not with what was asked for: PROXY BROKER UNEXPECTED, PROXY BROKER RESPONSE.
RelayError unexpected_error(std::string_view word);
RelayError response_error(std::string_view why);
// Its own error: PROXY PROTOCOL.
RelayError protocol_error(const smp::ProtocolError& error);

}  // namespace sotto::gateway
