#include "gateway/relay/relay_outcome.hpp"

#include <array>
#include <string>

namespace sotto::gateway {
namespace {

using client::Reason;
using Kind = smp::BrokerError::Kind;
using smp::TransportErrorKind;

RelayError transport_error(TransportErrorKind kind) {
  smp::BrokerError error;
  error.kind = Kind::transport;
  error.transport = smp::TransportError{kind};
  return {RelayOutcome::incompatible, smp::proxy_error(std::move(error))};
}

}  // namespace

std::string_view to_string(RelayOutcome outcome) {
  static constexpr std::array<std::string_view, kRelayOutcomes> kNames{
      "ok", "refused", "network", "timeout", "incompatible", "relay_error", "overloaded"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

RelayError broker_error(RelayOutcome outcome, Kind kind) {
  smp::BrokerError error;
  error.kind = kind;
  return {outcome, smp::proxy_error(std::move(error))};
}

RelayError refused_error() {
  return broker_error(RelayOutcome::refused, Kind::host);
}
RelayError timeout_error() {
  return broker_error(RelayOutcome::timeout, Kind::timeout);
}
RelayError overloaded_error() {
  return broker_error(RelayOutcome::overloaded, Kind::timeout);
}
RelayError network_error() {
  return broker_error(RelayOutcome::network, Kind::network);
}

RelayError unexpected_error(std::string_view word) {
  smp::BrokerError error;
  error.kind = Kind::unexpected;
  error.text = std::string(word);
  return {RelayOutcome::relay_error, smp::proxy_error(std::move(error))};
}

RelayError response_error(std::string_view why) {
  smp::BrokerError error;
  error.kind = Kind::response;
  error.text = std::string(why);
  return {RelayOutcome::relay_error, smp::proxy_error(std::move(error))};
}

RelayError protocol_error(const smp::ProtocolError& error) {
  return {RelayOutcome::relay_error, smp::proxy_error(error)};
}

RelayError relay_error(const client::Failure& failure) {
  switch (failure.reason) {
    case Reason::onion_host:
    case Reason::address_refused:
      return refused_error();
    case Reason::timeout:
      return timeout_error();
    case Reason::fingerprint_mismatch:
      return transport_error(TransportErrorKind::handshake_identity);
    case Reason::version_range:
      return transport_error(TransportErrorKind::version);
    case Reason::session_mismatch:
      return transport_error(TransportErrorKind::session);
    case Reason::not_smp:
      return transport_error(TransportErrorKind::handshake_parse);
    case Reason::bad_session_key:
      return transport_error(TransportErrorKind::handshake_bad_auth);
    case Reason::broken:
      return transport_error(TransportErrorKind::block);
    // No TLS session with a server of the protocol: the network's doing, as far as the client can tell.
    case Reason::name_not_found:
    case Reason::no_family:
    case Reason::dns_unavailable:
    case Reason::refused:
    case Reason::unreachable:
    case Reason::socks_failed:
    case Reason::closed:
    case Reason::not_tls:
    case Reason::tls_alert:
    case Reason::tls_other:
    case Reason::chain_length:
    case Reason::chain_invalid:
    case Reason::service_refused:
    case Reason::local:
      break;
  }
  return network_error();
}

}  // namespace sotto::gateway
