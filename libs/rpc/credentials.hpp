// Credentials of gRPC made from TlsFiles. Internal to libs/rpc; any thread.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>

#include "libs/rpc/server.hpp"
#include "libs/rpc/tls_files.hpp"

namespace sotto::rpc {

// Plaintext when there are no files.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const std::optional<TlsFiles>& tls,
                                                            ClientCertificates clients);
// `anonymous`: shows no certificate.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const std::optional<TlsFiles>& tls, bool anonymous);

}  // namespace sotto::rpc
