#include "services/auth/api/admin_listener.hpp"

namespace sotto::auth {

rpc::ServerSettings admin_listener(const AdminConfig& config) {
  rpc::ServerSettings out;
  for (const auto& endpoint : config.admin_listen) out.listen.push_back(config::format_endpoint(endpoint));
  const auto& files = config.admin_tls;
  out.tls = rpc::TlsFiles{.certificate = files.certificate, .key = files.key, .authorities = files.ca};
  if (!config.admin_certificate_required) {
    out.clients = files.ca.empty() ? rpc::ClientCertificates::none : rpc::ClientCertificates::optional;
  }
  return out;
}

}  // namespace sotto::auth
