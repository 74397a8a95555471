// TLS settings of the protocol (docs/wire.md section 3) as an OpenSSL context, for servers and clients. A context is
// immutable after construction and may be shared by any number of threads and connections.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"
#include "libs/crypto/keys.hpp"

using SSL_CTX = struct ssl_ctx_st;
using SSL = struct ssl_st;

namespace sotto::transport {

enum class Side : std::uint8_t { server, client };

// What the handshake agreed on about the application protocol.
enum class Alpn : std::uint8_t {
  none,  // nothing agreed: a legacy client, version 6 only
  smp,   // smp/1
  http,  // http/1.1: "web port" mode of SMP clients
};

// A certificate chain, leaf first, and the leaf's private key.
struct Credentials {
  std::vector<Bytes> chain;
  crypto::PrivateKey key;
};

class BrowserTls;

class TlsContext {
 public:
  // Server: asks for a client certificate without requiring one (a chain that is sent must be valid on its own, 1 to 4
  // certificates, not expired); no tickets, resumption, renegotiation or early data; Ed25519 and Ed448 signatures.
  // ALPN: smp/1; http/1.1 when the client sends no SNI. Who sends SNI and does not offer smp/1 is a browser: it is
  // shown what `browsers` has at that moment, and refused where that is nothing. configuration: the key does not fit
  // the leaf, or OpenSSL refuses the chain.
  static Result<std::shared_ptr<const TlsContext>> server(const Credentials& credentials,
                                                          std::shared_ptr<const BrowserTls> browsers = nullptr);

  // For browsers: HTTP/1.1 over what browsers speak, with a certificate of the web (RSA, ECDSA or Ed25519), read from
  // PEM files, the chain leaf first. configuration, naming the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsContext>> browsers(const std::string& chain_file, const std::string& key_file);

  struct ClientOptions {
    Alpn alpn = Alpn::smp;                   // what to offer
    std::optional<Credentials> credentials;  // for services
  };
  // Client: no SNI. Accepts any server certificate whose key signs the handshake: the caller pins the fingerprint with
  // the chain that BlockStream::peer_chain() gives.
  static Result<std::shared_ptr<const TlsContext>> client(const ClientOptions& options);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  [[nodiscard]] SSL_CTX* native() const { return context_; }
  [[nodiscard]] Side side() const { return side_; }

 private:
  TlsContext(SSL_CTX* context, Side side) : context_(context), side_(side) {}
  SSL_CTX* context_;
  Side side_;
  std::shared_ptr<const BrowserTls> browsers_;
};

// BrowserTls: what browsers are shown now, which may change while connections come. Shared; any thread.
class BrowserTls {
 public:
  // Null: browsers are refused.
  void use(std::shared_ptr<const TlsContext> context) { context_.store(std::move(context)); }
  [[nodiscard]] std::shared_ptr<const TlsContext> get() const { return context_.load(); }

 private:
  std::atomic<std::shared_ptr<const TlsContext>> context_;
};

}  // namespace sotto::transport
