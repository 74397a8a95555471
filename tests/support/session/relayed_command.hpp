// What a client does to have a command done by a relay through a proxy (docs/wire.md section 10): the command encrypted
// for the relay, and the relay's response opened. Values; one thread.
#pragma once

#include "libs/crypto/box.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp-client/received.hpp"
#include "libs/smp-client/request.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "libs/smp/address.hpp"
#include "libs/smp/response.hpp"
#include "libs/smp/version.hpp"

namespace sotto::test {

// The relay's session with the proxy, as PKEY tells it.
struct RelayEnd {
  Bytes session_id;
  crypto::PublicKey key;  // X25519
  smp::VersionRange versions{};
};

// The answer to a PRXY, checked as a client does: the identity of the relay, and its signed key.
Result<RelayEnd> open_pkey(const smp::Pkey& pkey, const crypto::Fingerprint& relay);

class RelayedCommand {
 public:
  // Seals what `request` says, in `version`. The corrId is random unless the request has one.
  RelayedCommand(const RelayEnd& relay, smp::Version version, const client::Request& request);
  // The same with the content of the block given: it need not be a block.
  RelayedCommand(const RelayEnd& relay, smp::Version version, ByteView corr_id, ByteView content);

  [[nodiscard]] ByteView corr_id() const { return corr_id_; }
  [[nodiscard]] smp::Version version() const { return version_; }
  [[nodiscard]] const crypto::PublicKey& key() const { return key_.public_key(); }
  [[nodiscard]] ByteView encrypted() const { return encrypted_; }
  [[nodiscard]] smp::Pfwd pfwd() const { return {version_, key_.public_key(), encrypted_}; }
  // The response inside PRES. protocol: it does not open, or is not the one response to the command.
  [[nodiscard]] Result<client::Received> open(ByteView encrypted_response) const;

 private:
  void seal(const RelayEnd& relay, ByteView content);

  smp::Version version_;
  Bytes corr_id_;
  crypto::PrivateKey key_;
  crypto::BoxKey secret_;
  Bytes encrypted_;
};

// A client of a relay behind a proxy: PRXY once, then commands one at a time, or as many as are given together.
class ProxiedClient {
 public:
  struct Relay {
    std::vector<std::string> hosts;
    std::uint16_t port = 0;
    crypto::Fingerprint fingerprint{};
  };

  // `proxy` must outlive it, and is connected. Versions up to `version` are spoken to the relay.
  ProxiedClient(client::SyncClient& proxy, Relay relay, smp::Version version = smp::kMaxVersion);

  // PRXY. The error of the server is an Error whose message is what stood on the wire.
  Status connect(std::optional<std::string_view> password = std::nullopt);
  // "OK" or the error's text.
  std::string connect_text(std::optional<std::string_view> password = std::nullopt);
  // The relay's response; the proxy's error is an Error whose message begins with "PROXY". Precondition: connected.
  Result<client::Received> request(const client::Request& request);
  std::string ask(const client::Request& request);
  std::string ask(const crypto::PrivateKey* key, ByteView entity_id, smp::Command command);
  // All of them in flight together; responses in the order of the requests.
  std::vector<Result<client::Received>> request(std::span<const client::Request> requests);

  [[nodiscard]] const RelayEnd& relay() const { return *end_; }
  [[nodiscard]] smp::Version version() const;

 private:
  Result<client::Received> opened(const RelayedCommand& command, Result<client::Received> answer) const;

  client::SyncClient& proxy_;
  Relay address_;
  smp::Version version_;
  std::optional<RelayEnd> end_;
};

}  // namespace sotto::test
