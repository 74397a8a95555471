#include "services/auth/api/admin_caller.hpp"

#include <grpc/grpc_security_constants.h>

#include <algorithm>

#include "services/auth/api/admin_access.hpp"

namespace sotto::auth {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kMaxName = 64;

std::vector<std::string> properties(const grpc::AuthContext& peer, const char* name) {
  std::vector<std::string> out;
  for (const auto& value : peer.FindPropertyValues(name)) out.emplace_back(value.data(), value.size());
  return out;
}

std::string property(const grpc::AuthContext& peer, const char* name) {
  auto found = properties(peer, name);
  return found.empty() ? std::string() : std::move(found.front());
}

bool is_tls(const grpc::AuthContext& peer) {
  const auto type = property(peer, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return type == GRPC_TLS_TRANSPORT_SECURITY_TYPE || type == GRPC_SSL_TRANSPORT_SECURITY_TYPE;
}

std::optional<ShownCertificate> certificate(const grpc::AuthContext& peer) {
  const auto pem = crypto::certificates_from_pem(property(peer, GRPC_X509_PEM_CERT_PROPERTY_NAME));
  if (!pem) return std::nullopt;
  return ShownCertificate{crypto::fingerprint(pem->front()), property(peer, GRPC_X509_CN_PROPERTY_NAME),
                          properties(peer, GRPC_PEER_URI_PROPERTY_NAME)};
}

// What somebody else has written goes into the audit as one word.
std::string one_word(std::string text) {
  const auto strange = [](char c) { return c <= ' ' || c > '~'; };
  std::replace_if(text.begin(), text.end(), strange, '?');
  text.resize(std::min(text.size(), kMaxName));
  return text;
}

Actor nobody(std::string name) {
  return {std::move(name), Role::none};
}

}  // namespace

Actor identify_caller(const grpc::ServerContextBase& context, const AdminIdentities* identities) {
  const auto peer = context.auth_context();
  if (peer == nullptr || !is_tls(*peer)) {
    return context.peer().starts_with("unix:") ? local_actor(context) : nobody("unknown");
  }
  if (identities == nullptr) return nobody("unknown");
  const auto& metadata = context.client_metadata();
  if (const auto header = metadata.find("authorization"); header != metadata.end()) {
    const std::string_view value(header->second.data(), header->second.size());
    auto actor =
        value.starts_with(kBearer) ? identities->of_token(value.substr(kBearer.size())) : std::optional<Actor>();
    return actor ? *std::move(actor) : nobody("unknown-token");
  }
  const auto shown = certificate(*peer);
  if (!shown) return nobody("unknown");
  auto actor = identities->of_certificate(*shown);
  return actor ? *std::move(actor) : nobody("unknown-certificate:" + one_word(shown->common_name));
}

}  // namespace sotto::auth
