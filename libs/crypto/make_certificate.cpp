// Making certificates: identities of servers and self-signed certificates.
#include "libs/crypto/certificate.hpp"
#include "libs/crypto/openssl.hpp"
#include "libs/crypto/random.hpp"
#include "libs/crypto/x509_parts.hpp"

namespace sotto::crypto {
namespace {

using openssl::must;
using openssl::to_pkey;

constexpr std::size_t kSerialSize = 20;  // the most that RFC 5280 allows

struct NameEntry {
  const char* field;
  std::string value;
};

struct ExtensionText {
  int nid;
  const char* value;
};

struct Lifetime {
  int days;
  std::chrono::seconds seconds;
};

// A certificate with everything but issuer, extensions and signature. Null when OpenSSL refuses a name (too long, not
// UTF-8).
openssl::X509Ptr begin(EVP_PKEY* key, const std::vector<NameEntry>& subject, SystemTime now, Lifetime lifetime) {
  openssl::X509Ptr certificate(X509_new());
  must(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
       X509_set_pubkey(certificate.get(), key) == 1);

  std::array<std::uint8_t, kSerialSize> serial{};
  random_bytes(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7fU) | 0x40U);  // positive, and always of this size
  const openssl::BigNumber number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  must(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr);

  const std::time_t start = std::chrono::system_clock::to_time_t(now);
  must(ASN1_TIME_adj(X509_getm_notBefore(certificate.get()), start, 0, 0) != nullptr &&
       ASN1_TIME_adj(X509_getm_notAfter(certificate.get()), start, lifetime.days,
                     static_cast<long>(lifetime.seconds.count())) != nullptr);

  for (const auto& [field, value] : subject) {
    if (!openssl::add_name(X509_get_subject_name(certificate.get()), field, value)) return nullptr;
  }
  return certificate;
}

// Adds issuer name, extensions (in the order given) and signature; `issuer` may be the certificate itself.
Bytes finish(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, const std::vector<ExtensionText>& extensions) {
  must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    const openssl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    must(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
  }
  // Ed25519 and Ed448 hash by themselves: no digest is named.
  must(X509_sign(certificate, issuer_key, nullptr) > 0);
  const int size = i2d_X509(certificate, nullptr);
  must(size > 0);
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* next = der.data();
  must(i2d_X509(certificate, &next) == size);
  return der;
}

Error bad_name() {
  return {ErrorCode::invalid_argument, "not a common name for a certificate: 1 to 64 characters of UTF-8"};
}

Error bad_kind() {
  return {ErrorCode::invalid_argument, "certificates need an Ed25519 or Ed448 key"};
}

Bytes finish_leaf(X509* leaf, X509* ca, EVP_PKEY* ca_key) {
  return finish(leaf, ca, ca_key,
                {{NID_basic_constraints, "CA:FALSE"},
                 {NID_key_usage, "digitalSignature,nonRepudiation,keyAgreement"},
                 {NID_ext_key_usage, "serverAuth"},
                 {NID_subject_key_identifier, "hash"},
                 {NID_authority_key_identifier, "keyid:always"}});
}

}  // namespace

Result<NewIdentity> make_identity(KeyKind kind, const std::string& common_name, SystemTime now) {
  if (kind == KeyKind::x25519) return bad_kind();
  const openssl::ErrorMark mark;
  NewIdentity identity{{}, PrivateKey::generate(kind), {}, PrivateKey::generate(kind)};
  const openssl::PKey ca_key = to_pkey(identity.ca_key);
  const openssl::PKey leaf_key = to_pkey(identity.leaf_key);

  constexpr Lifetime lifetime{kIdentityDays, std::chrono::seconds(0)};
  const SystemTime from = now - kClockTolerance;
  const openssl::X509Ptr ca = begin(ca_key.get(), {{"CN", "SMP server CA"}, {"O", "SimpleX"}}, from, lifetime);
  must(ca != nullptr);
  const openssl::X509Ptr leaf = begin(leaf_key.get(), {{"CN", common_name}}, from, lifetime);
  if (!leaf) return bad_name();

  identity.ca_certificate = finish(ca.get(), ca.get(), ca_key.get(),
                                   {{NID_subject_key_identifier, "hash"},
                                    {NID_authority_key_identifier, "keyid:always"},
                                    {NID_basic_constraints, "critical,CA:true"}});
  identity.leaf_certificate = finish_leaf(leaf.get(), ca.get(), ca_key.get());
  return identity;
}

Result<Bytes> make_leaf(const LeafRequest& request, ByteView ca_certificate, const PrivateKey& ca_key, SystemTime now) {
  if (request.key.kind() == KeyKind::x25519) return bad_kind();
  const openssl::ErrorMark mark;
  const auto ca_public = certificate_key(ca_certificate);
  if (!ca_public) return ca_public.error();
  if (!(*ca_public == ca_key.public_key())) {
    return Error{ErrorCode::conflict, "the key is not the key of the CA certificate"};
  }
  const std::uint8_t* next = ca_certificate.data();
  const openssl::X509Ptr ca(d2i_X509(nullptr, &next, static_cast<long>(ca_certificate.size())));
  must(ca != nullptr);  // it was parsed above
  const auto leaf_key = to_pkey(request.key);
  const openssl::X509Ptr leaf = begin(leaf_key.get(), {{"CN", request.common_name}}, now - kClockTolerance,
                                      {request.days, std::chrono::seconds(0)});
  if (!leaf) return bad_name();
  return finish_leaf(leaf.get(), ca.get(), to_pkey(ca_key).get());
}

Result<Bytes> make_self_signed(const PrivateKey& key, const std::string& common_name, SystemTime now,
                               std::chrono::seconds lifetime) {
  if (key.kind() == KeyKind::x25519) return bad_kind();
  const openssl::ErrorMark mark;
  const openssl::PKey pkey = to_pkey(key);
  const openssl::X509Ptr certificate = begin(pkey.get(), {{"CN", common_name}}, now, {0, lifetime});
  if (!certificate) return bad_name();
  return finish(certificate.get(), certificate.get(), pkey.get(),
                {{NID_subject_key_identifier, "hash"},
                 {NID_authority_key_identifier, "keyid:always"},
                 {NID_basic_constraints, "critical,CA:true"}});
}

}  // namespace sotto::crypto
