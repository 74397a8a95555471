#include "libs/rpc/credentials.hpp"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>

namespace sotto::rpc {
namespace {

namespace tls_api = grpc::experimental;

std::shared_ptr<tls_api::CertificateProviderInterface> watch(const TlsFiles& files) {
  const auto seconds = std::max<std::chrono::seconds::rep>(files.reload_interval.count(), 1);
  return std::make_shared<tls_api::FileWatcherCertificateProvider>(
      files.key.string(), files.certificate.string(), files.authorities.string(), static_cast<unsigned>(seconds));
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const std::optional<TlsFiles>& tls) {
  if (!tls) return grpc::InsecureServerCredentials();
  tls_api::TlsServerCredentialsOptions options(watch(*tls));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls_api::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const std::optional<TlsFiles>& tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  tls_api::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(watch(*tls));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return tls_api::TlsCredentials(options);
}

}  // namespace sotto::rpc
