// Errors of the protocol as values, encoded after "ERR " (docs/wire.md section 7). Values; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "libs/base/bytes.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

enum class CommandError : std::uint8_t { unknown, syntax, prohibited, no_auth, has_auth, no_entity };

enum class TransportErrorKind : std::uint8_t {
  block,
  version,
  large_msg,
  session,
  no_auth,
  handshake_parse,
  handshake_identity,
  handshake_bad_auth,
  handshake_bad_service
};
struct TransportError {
  TransportErrorKind kind = TransportErrorKind::block;
  friend bool operator==(TransportError, TransportError) = default;
};

enum class BlockingReason : std::uint8_t { spam, content };

struct Blocked {
  BlockingReason reason = BlockingReason::spam;
  std::string notice_json;  // empty: none; written from v18 on
  friend bool operator==(const Blocked&, const Blocked&) = default;
};

enum class SimpleError : std::uint8_t {
  block,
  session,
  auth,
  service,
  crypto,
  quota,
  no_msg,
  large_msg,
  expired,
  internal
};
struct StoreError {
  std::string text;
  friend bool operator==(const StoreError&, const StoreError&) = default;
};
struct NameError {
  enum class Kind : std::uint8_t { no_resolver, not_found, resolver };
  Kind kind = Kind::no_resolver;
  std::string text;  // for resolver
  friend bool operator==(const NameError&, const NameError&) = default;
};

struct ProxyError;
using ProxyErrorPtr = std::shared_ptr<const ProxyError>;

using ProtocolError = std::variant<SimpleError, CommandError, Blocked, StoreError, NameError, ProxyErrorPtr>;

struct BrokerError {
  enum class Kind : std::uint8_t { response, unexpected, network, timeout, host, no_service, transport };
  Kind kind = Kind::network;
  std::string text;          // for response and unexpected
  TransportError transport;  // for transport
  friend bool operator==(const BrokerError&, const BrokerError&) = default;
};
struct ProxyBasicAuth {
  friend bool operator==(ProxyBasicAuth, ProxyBasicAuth) = default;
};
struct ProxyNoSession {
  friend bool operator==(ProxyNoSession, ProxyNoSession) = default;
};
// PROXY PROTOCOL <err>, PROXY BROKER <err>, PROXY BASIC_AUTH, PROXY NO_SESSION
struct ProxyError {
  std::variant<ProtocolError, BrokerError, ProxyBasicAuth, ProxyNoSession> error;
};
ProtocolError proxy_error(std::variant<ProtocolError, BrokerError, ProxyBasicAuth, ProxyNoSession> error);

// Deep comparison (looks through ProxyErrorPtr).
bool same(const ProtocolError& a, const ProtocolError& b);

// The text after "ERR ". In versions before 12 BLOCKED is AUTH; before 18 it has no notice.
void encode(const ProtocolError& error, Version version, Bytes& out);
// Nothing when it does not parse as a whole.
std::optional<ProtocolError> parse_error(ByteView text);

void encode(TransportError error, Bytes& out);
std::optional<TransportError> parse_transport_error(ByteView text);

// For people, e.g. "AUTH" or "CMD SYNTAX": what stands on the wire.
std::string to_string(const ProtocolError& error);

}  // namespace sotto::smp
