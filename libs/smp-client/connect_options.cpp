#include "libs/smp-client/connect_options.hpp"

namespace sotto::client {

ConnectOptions options_for(const smp::ServerAddress& address) {
  ConnectOptions options;
  options.hosts = address.hosts;
  options.port = address.port.value_or(smp::kDefaultPort);
  options.fingerprint = address.fingerprint;
  return options;
}

Result<std::shared_ptr<const transport::TlsContext>> make_tls(const ConnectOptions& options) {
  transport::TlsContext::ClientOptions tls;
  tls.alpn = options.alpn;
  if (options.service) tls.credentials = options.service->credentials;
  return transport::TlsContext::client(tls);
}

}  // namespace sotto::client
