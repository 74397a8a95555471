#include "libs/rpc/credentials.hpp"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>

namespace sotto::rpc {
namespace {

namespace tls_api = grpc::experimental;

// Of the files only those that are needed: gRPC takes an empty path for none.
std::shared_ptr<tls_api::CertificateProviderInterface> watch(const TlsFiles& files, TlsParts needed) {
  const auto seconds = std::max<std::chrono::seconds::rep>(files.reload_interval.count(), 1);
  return std::make_shared<tls_api::FileWatcherCertificateProvider>(
      needed.own ? files.key.string() : "", needed.own ? files.certificate.string() : "",
      needed.authorities ? files.authorities.string() : "", static_cast<unsigned>(seconds));
}

grpc_ssl_client_certificate_request_type request_type(ClientCertificates clients) {
  switch (clients) {
    case ClientCertificates::none:
      return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    case ClientCertificates::optional:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificates::required:
      break;
  }
  return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const std::optional<TlsFiles>& tls,
                                                            ClientCertificates clients) {
  if (!tls) return grpc::InsecureServerCredentials();
  const bool asks = clients != ClientCertificates::none;
  tls_api::TlsServerCredentialsOptions options(watch(*tls, {.authorities = asks}));
  if (asks) options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(request_type(clients));
  return tls_api::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const std::optional<TlsFiles>& tls, bool anonymous) {
  if (!tls) return grpc::InsecureChannelCredentials();
  tls_api::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(watch(*tls, {.own = !anonymous}));
  options.watch_root_certs();
  if (!anonymous) options.watch_identity_key_cert_pairs();
  return tls_api::TlsCredentials(options);
}

}  // namespace sotto::rpc
