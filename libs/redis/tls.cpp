#include "libs/redis/tls.hpp"

#include <string>

#include <openssl/err.h>

namespace sotto::redis {

namespace ssl = boost::asio::ssl;

namespace {

Error cannot_use(const char* what, const std::filesystem::path& file, const boost::system::error_code& error) {
  // The thread's error queue would be taken for that of the next TLS connection.
  ERR_clear_error();
  return {ErrorCode::configuration,
          std::string(what) + " for Redis, " + file.string() + ", cannot be used: " + error.message()};
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls(const TlsOptions& options) {
  auto out = std::make_unique<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  out->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  out->set_verify_mode(ssl::verify_peer, error);
  if (options.ca_file.empty()) {
    out->set_default_verify_paths(error);
  } else {
    out->load_verify_file(options.ca_file.string(), error);
    if (error) return cannot_use("the CA certificates", options.ca_file, error);
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return Error{ErrorCode::configuration,
                 "a client certificate for Redis needs both the certificate file and the key file"};
  }
  if (!options.certificate_file.empty()) {
    out->use_certificate_chain_file(options.certificate_file.string(), error);
    if (error) return cannot_use("the client certificate", options.certificate_file, error);
    out->use_private_key_file(options.key_file.string(), ssl::context::pem, error);
    if (error) return cannot_use("the key of the client certificate", options.key_file, error);
  }
  return out;
}

}  // namespace sotto::redis
