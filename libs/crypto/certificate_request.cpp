#include "libs/crypto/certificate_request.hpp"

#include "libs/crypto/openssl.hpp"
#include "libs/crypto/pem.hpp"
#include "libs/crypto/x509_parts.hpp"

namespace sotto::crypto {
namespace {

Error no_request() {
  return {ErrorCode::invalid_argument, "no certificate request in the PEM text"};
}

// Null when `der` is anything but one whole request.
openssl::RequestPtr parse(ByteView der) {
  const std::uint8_t* next = der.data();
  openssl::RequestPtr request(d2i_X509_REQ(nullptr, &next, static_cast<long>(der.size())));
  if (request && next != der.data() + der.size()) request.reset();
  return request;
}

}  // namespace

Result<std::string> make_certificate_request(const PrivateKey& key, const std::string& common_name) {
  if (key.kind() == KeyKind::x25519) {
    return Error{ErrorCode::invalid_argument, "certificates need an Ed25519 or Ed448 key"};
  }
  const openssl::ErrorMark mark;
  const auto pkey = openssl::to_pkey(key);
  const openssl::RequestPtr request(X509_REQ_new());
  openssl::must(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                X509_REQ_set_pubkey(request.get(), pkey.get()) == 1);
  if (!openssl::add_name(X509_REQ_get_subject_name(request.get()), "CN", common_name)) {
    return Error{ErrorCode::invalid_argument, "not a common name for a certificate: 1 to 64 characters of UTF-8"};
  }
  openssl::must(X509_REQ_sign(request.get(), pkey.get(), nullptr) > 0);
  const int size = i2d_X509_REQ(request.get(), nullptr);
  openssl::must(size > 0);
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* next = der.data();
  openssl::must(i2d_X509_REQ(request.get(), &next) == size);
  return with_pem(PEM_STRING_X509_REQ, der, [](std::string_view text) { return std::string(text); });
}

Result<CertificateRequest> open_certificate_request(std::string_view pem) {
  PemReader reader(pem);
  while (reader.next()) {
    if (reader.label() != PEM_STRING_X509_REQ && reader.label() != PEM_STRING_X509_REQ_OLD) continue;
    const auto request = parse(reader.data());
    if (!request) return no_request();
    EVP_PKEY* const pkey = X509_REQ_get0_pubkey(request.get());
    auto key = openssl::signing_key(pkey);
    if (!key) return key.error();
    if (X509_REQ_verify(request.get(), pkey) != 1) {
      return Error{ErrorCode::unauthenticated, "the certificate request is not signed with its own key"};
    }
    return CertificateRequest{openssl::common_name(X509_REQ_get_subject_name(request.get())), *key};
  }
  return no_request();
}

}  // namespace sotto::crypto
