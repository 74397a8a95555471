// ForwardedCommand: a command that another server passes on for one of its clients (RFWD, docs/wire.md section 10): the
// layer of that server and the layer of the client taken off, and put around the response. A value; I/O thread of the
// connection that it came on.
#pragma once

#include <optional>
#include <variant>

#include "gateway/session/authorizer.hpp"
#include "libs/crypto/box.hpp"
#include "libs/smp/command.hpp"
#include "libs/smp/error.hpp"
#include "libs/smp/transmission.hpp"
#include "libs/smp/version.hpp"

namespace sotto::gateway {

class ForwardedCommand {
 public:
  // `proxy_secret`: of the session with the proxy; the client's key is combined with the session's key, which
  // `authorizer` has. `corr_id`: of RFWD; must outlive it. What the proxy is answered when this is no command: CRYPTO
  // (a layer does not open), CMD SYNTAX (of what the proxy wrote), BLOCK (not just one transmission inside), PROXY
  // BROKER TRANSPORT VERSION (a version that is not proxied).
  static std::variant<ForwardedCommand, smp::ProtocolError> open(ByteView encrypted, ByteView corr_id,
                                                                 const crypto::BoxKey& proxy_secret,
                                                                 const Authorizer& authorizer);

  // The client's; views this.
  [[nodiscard]] const smp::Transmission& transmission() const { return transmission_; }
  [[nodiscard]] smp::Version version() const { return version_; }
  [[nodiscard]] ByteView corr_id() const { return corr_id_; }
  // What RRES carries for an encoded response (without the length before it). Nothing: link data may be larger than
  // what goes through a proxy.
  [[nodiscard]] std::optional<Bytes> seal(ByteView response) const;

 private:
  ForwardedCommand() = default;

  ByteView corr_id_;
  Bytes client_corr_id_;
  Bytes content_;
  smp::Transmission transmission_;
  smp::Version version_ = 0;
  crypto::BoxKey proxy_secret_;
  crypto::BoxKey client_secret_;
};

// What may be forwarded: SEND, SKEY, LKEY, LGET, RSLV.
bool may_be_forwarded(const smp::Command& command);

}  // namespace sotto::gateway
