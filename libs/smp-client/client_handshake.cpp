#include "libs/smp-client/client_handshake.hpp"

#include <algorithm>
#include <string>

namespace sotto::client {
namespace {

constexpr std::size_t kMinChain = 2;
constexpr std::size_t kMaxChain = 4;

Failure handshake_failure(Reason reason, std::string message) {
  return {Layer::handshake, reason, {ErrorCode::protocol, std::move(message)}, std::nullopt};
}

std::string range_text(smp::VersionRange range) {
  return std::to_string(range.min) + " to " + std::to_string(range.max);
}

// Adds the service block to the hello and its keys to what is agreed.
std::optional<Failure> add_service(const ServiceIdentity& service, HelloAnswer& answer) {
  const auto& chain = service.credentials.chain;
  if (chain.empty()) {
    return Failure{Layer::service, Reason::local, {ErrorCode::configuration, "the service has no certificate"}, {}};
  }
  auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
  answer.hello.service =
      smp::ClientService{service.role, chain, crypto::make_signed_key(key.public_key(), service.credentials.key)};
  answer.agreed.service_certificate_hash = crypto::fingerprint(chain.size() > 1 ? chain[1] : chain[0]);
  answer.agreed.service_key = std::move(key);
  return std::nullopt;
}

}  // namespace

std::optional<Failure> check_identity(const std::vector<Bytes>& chain, const crypto::Fingerprint& expected,
                                      SystemTime now) {
  if (chain.size() < kMinChain || chain.size() > kMaxChain) {
    return Failure{Layer::chain,
                   Reason::chain_length,
                   {ErrorCode::unauthenticated, "the server sent " + std::to_string(chain.size()) +
                                                    " certificate(s); an SMP server sends 2 to 4: its own, then the "
                                                    "identity (CA) certificate that the address names"},
                   std::nullopt};
  }
  if (const auto status = crypto::verify_server_chain(chain, now); !status) {
    return Failure{Layer::chain, Reason::chain_invalid, status.error(), std::nullopt};
  }
  const auto seen = crypto::identity_fingerprint(chain);
  if (seen != expected) {
    return Failure{Layer::fingerprint,
                   Reason::fingerprint_mismatch,
                   {ErrorCode::unauthenticated, "the server has another identity than its address says"},
                   seen};
  }
  return std::nullopt;
}

std::variant<HelloAnswer, Failure> answer_hello(const smp::ServerHello& server, const std::vector<Bytes>& tls_chain,
                                                ByteView tls_session_id, const ConnectOptions& options) {
  if (!equal(server.session_id, tls_session_id)) {
    return handshake_failure(Reason::session_mismatch,
                             "the server speaks of another TLS session: something between ends TLS");
  }
  const auto version = std::min(options.versions.max, server.versions.max);
  if (version < options.versions.min || version < server.versions.min) {
    return handshake_failure(Reason::version_range, "no common version: the server offers " +
                                                        range_text(server.versions) + ", this client " +
                                                        range_text(options.versions));
  }

  HelloAnswer answer{};
  answer.hello.version = version;
  answer.hello.fingerprint = to_bytes(options.fingerprint);
  answer.agreed.version = version;
  answer.agreed.server_versions = server.versions;
  answer.agreed.session_id = server.session_id;

  if (version >= smp::kVersionAuthenticators) {
    if (server.certificate_chain != tls_chain) {
      return handshake_failure(Reason::session_mismatch, "the SMP handshake names other certificates than TLS showed");
    }
    const auto leaf = crypto::certificate_key(tls_chain.front());
    if (!leaf) return handshake_failure(Reason::bad_session_key, leaf.error().message);
    auto key = crypto::open_signed_key(server.signed_key, *leaf);
    if (!key || key->kind() != crypto::KeyKind::x25519) {
      return handshake_failure(Reason::bad_session_key, "the server's session key is not signed by its certificate");
    }
    answer.agreed.server_session_key = *key;
    if (options.send_session_key) {
      answer.agreed.session_key = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
      answer.hello.session_key = answer.agreed.session_key->public_key();
    }
  }
  answer.hello.proxy_server = options.proxy_server && version >= smp::kVersionProxyFlag;
  answer.agreed.encrypts_blocks =
      version >= smp::kVersionBlockEncryption && answer.agreed.session_key && !answer.hello.proxy_server;
  if (options.service && version >= smp::kVersionServices) {
    if (auto failure = add_service(*options.service, answer)) return *std::move(failure);
  }
  if (options.edit_hello) options.edit_hello(answer.hello);
  return answer;
}

}  // namespace sotto::client
