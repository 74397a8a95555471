#include "gateway/session/handshake.hpp"

#include <algorithm>

#include "libs/crypto/hash.hpp"

namespace sotto::gateway {
namespace {

// A service id is the same on every gateway of an identity: a digest over the identity and the service's certificate.
// It is no secret: commands of a service carry its signature. The store knows which role the certificate has.
ServiceId service_id(const crypto::Fingerprint& identity, const crypto::Fingerprint& certificate_hash) {
  Bytes input;
  append(input, as_bytes("sotto service id"));
  append(input, identity);
  append(input, certificate_hash);
  const auto digest = crypto::sha256(input);
  return *ServiceId::from(ByteView(digest).first(kIdSize));
}

// The certificate that names the service: of a lone self-signed one itself, of a chain the one above the leaf.
crypto::Fingerprint service_fingerprint(const std::vector<Bytes>& chain) {
  return crypto::fingerprint(chain.size() == 1 ? chain[0] : chain[1]);
}

std::optional<ServiceSession> check_service(const smp::ClientService& service, const crypto::Fingerprint& identity,
                                            const std::vector<Bytes>& tls_chain) {
  if (service.certificate_chain.empty() || service.certificate_chain != tls_chain) return std::nullopt;
  auto leaf_key = crypto::certificate_key(service.certificate_chain.front());
  if (!leaf_key) return std::nullopt;
  auto session_key = crypto::open_signed_key(service.signed_key, *leaf_key);
  if (!session_key || session_key->kind() != crypto::KeyKind::ed25519) return std::nullopt;
  const auto hash = service_fingerprint(service.certificate_chain);
  return ServiceSession{*session_key, hash, service_id(identity, hash), static_cast<char>(service.role)};
}

}  // namespace

std::optional<smp::VersionRange> offered_versions(transport::Alpn alpn, smp::VersionRange configured) {
  if (alpn != transport::Alpn::none) return configured;
  if (!configured.contains(smp::kMinVersion)) return std::nullopt;
  return smp::VersionRange{smp::kMinVersion, smp::kMinVersion};
}

Bytes server_hello(const Identity& identity, smp::VersionRange versions, ByteView session_id,
                   const crypto::PublicKey& session_key) {
  smp::ServerHello hello;
  hello.versions = versions;
  hello.session_id = to_bytes(session_id);
  if (versions.max >= smp::kVersionAuthenticators) {
    hello.certificate_chain = identity.credentials.chain;
    hello.signed_key = crypto::make_signed_key(session_key, identity.credentials.key);
  }
  return smp::encode(hello);
}

std::variant<ClientAgreement, HandshakeRefusal> check_client_hello(ByteView content,
                                                                   const crypto::Fingerprint& identity,
                                                                   smp::VersionRange offered,
                                                                   const std::vector<Bytes>& tls_chain) {
  auto hello = smp::parse_client_hello(content);
  if (!hello) return HandshakeRefusal{CloseReason::handshake_parse, std::nullopt};
  if (!equal(hello->fingerprint, identity)) {
    return HandshakeRefusal{CloseReason::identity_mismatch, std::nullopt};
  }
  if (!offered.contains(hello->version)) return HandshakeRefusal{CloseReason::version_mismatch, std::nullopt};

  ClientAgreement agreement;
  agreement.version = hello->version;
  agreement.client_key = hello->session_key;
  agreement.encrypts_blocks =
      hello->version >= smp::kVersionBlockEncryption && hello->session_key && !hello->proxy_server;
  if (hello->service) {
    agreement.service = check_service(*hello->service, identity, tls_chain);
    if (!agreement.service) {
      return HandshakeRefusal{CloseReason::bad_service,
                              smp::TransportError{smp::TransportErrorKind::handshake_bad_service}};
    }
  }
  return agreement;
}

}  // namespace sotto::gateway
