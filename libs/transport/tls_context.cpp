#include "libs/transport/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "libs/crypto/certificate.hpp"

namespace sotto::transport {
namespace {

constexpr unsigned char kSmp[] = {5, 's', 'm', 'p', '/', '1'};
constexpr unsigned char kHttp[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// Service clients send at most leaf, identity and two above.
constexpr std::size_t kMaxClientChain = 4;

Error openssl_error(const char* what) {
  char text[256] = "no reason given";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return {ErrorCode::configuration, std::string(what) + ": " + text};
}

struct X509Free {
  void operator()(X509* x) const { X509_free(x); }
};
using X509Ptr = std::unique_ptr<X509, X509Free>;
struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

X509Ptr parse(ByteView der) {
  const unsigned char* at = der.data();
  return X509Ptr(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

bool offers(const unsigned char* in, unsigned length, ByteView protocol) {
  for (unsigned i = 0; i < length; i += 1U + in[i]) {
    if (i + 1U + in[i] > length) return false;
    if (equal({in + i, 1U + in[i]}, protocol)) return true;
  }
  return false;
}

int select_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                unsigned length, void* /*unused*/) {
  const auto choose = [&](const unsigned char* protocol) {
    *out = protocol + 1;
    *out_length = protocol[0];
    return SSL_TLSEXT_ERR_OK;
  };
  if (offers(in, length, kSmp)) return choose(kSmp);
  if (offers(in, length, kHttp)) {
    // SMP clients send no SNI; with SNI this is a browser, and there is no web page to give it.
    if (SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
    return choose(kHttp);
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int select_http(SSL* /*unused*/, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                unsigned length, void* /*unused*/) {
  if (!offers(in, length, kHttp)) return SSL_TLSEXT_ERR_NOACK;
  *out = kHttp + 1;
  *out_length = kHttp[0];
  return SSL_TLSEXT_ERR_OK;
}

constexpr const char* kBrowserGroups = "X25519:P-256:P-384";
constexpr const char* kBrowserCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kBrowserCiphersuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

bool has_extension(SSL* ssl, unsigned type) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  return SSL_client_hello_get0_ext(ssl, type, &data, &size) == 1;
}

bool hello_offers_smp(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  // A list of names behind its length.
  constexpr std::size_t kLength = 2;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &data, &size) != 1)
    return false;
  return size > kLength && offers(data + kLength, static_cast<unsigned>(size - kLength), kSmp);
}

// Before anything of the hello is looked at: settings of the connection, which were those for SMP, become the web's.
int on_client_hello(SSL* ssl, int* /*unused*/, void* argument) {
  if (!has_extension(ssl, TLSEXT_TYPE_server_name) || hello_offers_smp(ssl)) return SSL_CLIENT_HELLO_SUCCESS;
  const auto web = static_cast<const BrowserTls*>(argument)->get();
  if (!web) return SSL_CLIENT_HELLO_SUCCESS;
  SSL_set_SSL_CTX(ssl, web->native());  // the connection holds it from here on
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  const bool set = SSL_set1_groups_list(ssl, kBrowserGroups) == 1 && SSL_set_cipher_list(ssl, kBrowserCiphers) == 1 &&
                   SSL_set_ciphersuites(ssl, kBrowserCiphersuites) == 1;
  return set ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

// A client's chain stands on its own: one self-signed certificate, or a leaf under its own CA. The fingerprint that
// makes it a service is looked at in the handshake.
int verify_client(X509_STORE_CTX* store, void* /*unused*/) {
  const auto refuse = [&](int code) {
    X509_STORE_CTX_set_error(store, code);
    return 0;
  };
  auto* chain = X509_STORE_CTX_get0_untrusted(store);
  const int count = chain == nullptr ? 0 : sk_X509_num(chain);
  if (count < 1 || static_cast<std::size_t>(count) > kMaxClientChain) {
    return refuse(X509_V_ERR_CERT_CHAIN_TOO_LONG);
  }
  for (int i = 0; i < count; ++i) {
    auto* certificate = sk_X509_value(chain, i);
    auto* issuer = sk_X509_value(chain, i + 1 < count ? i + 1 : i);
    auto* key = X509_get0_pubkey(issuer);
    if (key == nullptr || X509_verify(certificate, key) != 1) return refuse(X509_V_ERR_CERT_SIGNATURE_FAILURE);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) return refuse(X509_V_ERR_CERT_HAS_EXPIRED);
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0) return refuse(X509_V_ERR_CERT_NOT_YET_VALID);
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

Status use_credentials(SSL_CTX* context, const Credentials& credentials) {
  if (credentials.chain.empty()) return Error{ErrorCode::configuration, "the certificate chain is empty"};
  auto leaf = parse(credentials.chain.front());
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return openssl_error("server certificate");
  for (std::size_t i = 1; i < credentials.chain.size(); ++i) {
    auto certificate = parse(credentials.chain[i]);
    if (!certificate || SSL_CTX_add1_chain_cert(context, certificate.get()) != 1) {
      return openssl_error("certificate of the chain");
    }
  }
  auto der = credentials.key.der();
  const unsigned char* at = der.data();
  std::unique_ptr<EVP_PKEY, KeyFree> key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  wipe(der);
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return openssl_error("private key");
  if (SSL_CTX_check_private_key(context) != 1) return openssl_error("private key does not belong to the certificate");
  return ok_status();
}

Status common(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  if (SSL_CTX_set_ciphersuites(context, "TLS_CHACHA20_POLY1305_SHA256") != 1 ||
      SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-CHACHA20-POLY1305") != 1 ||
      SSL_CTX_set1_groups_list(context, "X448:X25519") != 1 ||
      SSL_CTX_set1_sigalgs_list(context, "ed448:ed25519") != 1 ||
      SSL_CTX_set1_client_sigalgs_list(context, "ed448:ed25519") != 1) {
    return openssl_error("TLS settings");
  }
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_max_early_data(context, 0);
  // Read buffers go back when idle: 10 000 idle connections would hold 330 MB of them otherwise.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One read of the socket takes a whole record (a block is one) instead of its header and then its body.
  SSL_CTX_set_read_ahead(context, 1);
  return ok_status();
}

}  // namespace

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::server(const Credentials& credentials,
                                                             std::shared_ptr<const BrowserTls> browsers) {
  auto* native = SSL_CTX_new(TLS_server_method());
  if (native == nullptr) return openssl_error("TLS context");
  std::shared_ptr<TlsContext> made(new TlsContext(native, Side::server));
  if (auto status = common(native); !status) return status.error();
  if (auto status = use_credentials(native, credentials); !status) return status.error();
  SSL_CTX_set_alpn_select_cb(native, select_alpn, nullptr);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(native, verify_client, nullptr);
  if (browsers) {
    // OpenSSL takes a pointer that it does not change through.
    SSL_CTX_set_client_hello_cb(native, on_client_hello, const_cast<BrowserTls*>(browsers.get()));
    made->browsers_ = std::move(browsers);
  }
  return std::shared_ptr<const TlsContext>(std::move(made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::browsers(const std::string& chain_file,
                                                               const std::string& key_file) {
  auto* native = SSL_CTX_new(TLS_server_method());
  if (native == nullptr) return openssl_error("TLS context");
  std::shared_ptr<const TlsContext> context(new TlsContext(native, Side::server));
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (SSL_CTX_use_certificate_chain_file(native, chain_file.c_str()) != 1) return openssl_error(chain_file.c_str());
  if (SSL_CTX_use_PrivateKey_file(native, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return openssl_error(key_file.c_str());
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    return openssl_error((key_file + " does not belong to " + chain_file).c_str());
  }
  SSL_CTX_set_alpn_select_cb(native, select_http, nullptr);
  return context;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(const ClientOptions& options) {
  auto* native = SSL_CTX_new(TLS_client_method());
  if (native == nullptr) return openssl_error("TLS context");
  std::shared_ptr<const TlsContext> context(new TlsContext(native, Side::client));
  if (auto status = common(native); !status) return status.error();
  if (options.credentials) {
    if (auto status = use_credentials(native, *options.credentials); !status) return status.error();
  }
  SSL_CTX_set_verify(native, SSL_VERIFY_NONE, nullptr);
  if (options.alpn != Alpn::none) {
    const ByteView protocol = options.alpn == Alpn::smp ? ByteView(kSmp) : ByteView(kHttp);
    if (SSL_CTX_set_alpn_protos(native, protocol.data(), static_cast<unsigned>(protocol.size())) != 0) {
      return openssl_error("ALPN");
    }
  }
  return context;
}

}  // namespace sotto::transport
