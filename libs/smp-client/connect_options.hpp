// What a client needs to know to connect: where, whose identity, which versions, which role. Immutable while
// connections use it; one may be shared by any number of connections and threads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp-client/dialer.hpp"
#include "libs/smp-client/failure.hpp"
#include "libs/smp/address.hpp"
#include "libs/smp/handshake.hpp"
#include "libs/smp/version.hpp"
#include "libs/transport/tls_context.hpp"

namespace sotto::client {

enum class IpFamily : std::uint8_t { any, ipv4, ipv6 };

// A service's role and TLS certificate, for a service session (v16+).
struct ServiceIdentity {
  smp::ServiceRole role = smp::ServiceRole::messaging;
  transport::Credentials credentials;
};

// One step on the way to a connection, passed or failed, for tools that show the way.
struct Step {
  Layer layer = Layer::address;
  bool passed = true;
  std::string detail;  // for people; may hold addresses of the server
  std::chrono::milliseconds took{0};
};

struct ConnectOptions {
  std::vector<smp::Host> hosts;  // alternatives, tried in turn
  std::uint16_t port = smp::kDefaultPort;
  IpFamily family = IpFamily::any;
  crypto::Fingerprint fingerprint{};
  smp::VersionRange versions{};
  transport::Alpn alpn = transport::Alpn::smp;
  // X25519 key in the handshake (v7+). Without it blocks are not encrypted.
  bool send_session_key = true;
  // We forward commands for others: switches block encryption off (v14+).
  bool proxy_server = false;
  std::optional<ServiceIdentity> service{};
  // Makes the TCP connection, when given, to the hosts above: `family` says nothing then. For Connector only.
  Dialer* dialer = nullptr;
  // Which addresses it may connect to: see Destination.
  std::function<bool(const boost::asio::ip::address&)> permitted{};
  // From the start to the end of the SMP handshake.
  std::chrono::milliseconds timeout{15'000};
  // Made from `alpn` and `service` when null. Many connections share one.
  std::shared_ptr<const transport::TlsContext> tls{};
  // For the dates of certificates; null: the system's clock.
  std::shared_ptr<const Clock> clock{};
  // Keep the server's hello for ClientConnection::server_hello() (2 KB a connection; the proxy needs it).
  bool keep_hello = true;
  // Sent before TLS begins: what a balancer says of a client (the PROXY protocol). At most what a socket takes at once.
  Bytes preface{};
  // Called for each step on the thread of the connection. Optional.
  std::function<void(const Step&)> observer{};
  // Tests change what the client says in its hello. Optional.
  std::function<void(smp::ClientHello&)> edit_hello{};
};

// To the server of an address; its default port where it names none.
ConnectOptions options_for(const smp::ServerAddress& address);

// The TLS context that `options` ask for.
Result<std::shared_ptr<const transport::TlsContext>> make_tls(const ConnectOptions& options);

}  // namespace sotto::client
