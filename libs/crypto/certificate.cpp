#include "libs/crypto/certificate.hpp"

#include <algorithm>
#include <limits>

#include "libs/crypto/hash.hpp"
#include "libs/crypto/openssl.hpp"
#include "libs/crypto/pem.hpp"
#include "libs/crypto/x509_parts.hpp"

namespace sotto::crypto {
namespace {

constexpr std::size_t kMinChain = 2;
constexpr std::size_t kMaxChain = 4;

Error unparsable() {
  return {ErrorCode::invalid_argument, "not the DER of an X.509 certificate"};
}

// Null when `der` is anything but one whole certificate.
openssl::X509Ptr parse(ByteView der) {
  const openssl::ErrorMark mark;
  if (der.size() > static_cast<std::size_t>(std::numeric_limits<long>::max())) return nullptr;
  const std::uint8_t* next = der.data();
  openssl::X509Ptr certificate(d2i_X509(nullptr, &next, static_cast<long>(der.size())));
  if (certificate && next != der.data() + der.size()) certificate.reset();
  return certificate;
}

// Server certificates run to the year 4764, far beyond what SystemTime holds: such a time becomes its limit.
std::optional<SystemTime> to_system_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(parts.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1),
                                         std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::chrono::seconds seconds(((days * 24 + parts.tm_hour) * 60 + parts.tm_min) * 60 + parts.tm_sec);
  const auto lowest = std::chrono::ceil<std::chrono::seconds>(SystemTime::min().time_since_epoch());
  const auto highest = std::chrono::floor<std::chrono::seconds>(SystemTime::max().time_since_epoch());
  if (seconds < lowest) return SystemTime::min();
  if (seconds > highest) return SystemTime::max();
  return SystemTime(seconds);
}

bool is_valid_at(const X509* certificate, SystemTime now) {
  const auto not_before = to_system_time(X509_get0_notBefore(certificate));
  const auto not_after = to_system_time(X509_get0_notAfter(certificate));
  return not_before && not_after && *not_before <= now && now <= *not_after;
}

// Whether `issuer` is a CA, carries the name that `certificate` gives as its issuer, and signed it.
bool is_issued_by(X509* certificate, X509* issuer) {
  if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) != 0) return false;
  constexpr int ca_by_basic_constraints = 1;
  if (X509_check_ca(issuer) != ca_by_basic_constraints) return false;
  EVP_PKEY* const key = X509_get0_pubkey(issuer);
  return key != nullptr && X509_verify(certificate, key) == 1;
}

}  // namespace

Result<Certificate> parse_certificate(ByteView der) {
  const openssl::ErrorMark mark;
  const openssl::X509Ptr certificate = parse(der);
  if (!certificate) return unparsable();
  const auto not_before = to_system_time(X509_get0_notBefore(certificate.get()));
  const auto not_after = to_system_time(X509_get0_notAfter(certificate.get()));
  if (!not_before || !not_after) return unparsable();
  return Certificate{to_bytes(der), openssl::common_name(X509_get_subject_name(certificate.get())), *not_before,
                     *not_after};
}

Fingerprint fingerprint(ByteView certificate_der) {
  return sha256(certificate_der);
}

Result<PublicKey> certificate_key(ByteView certificate_der) {
  const openssl::ErrorMark mark;
  const openssl::X509Ptr certificate = parse(certificate_der);
  if (!certificate) return unparsable();
  return openssl::signing_key(X509_get0_pubkey(certificate.get()));
}

Result<std::vector<Bytes>> certificates_from_pem(std::string_view pem) {
  PemReader reader(pem);
  std::vector<Bytes> out;
  while (reader.next()) {
    if (reader.label() != PEM_STRING_X509) continue;
    if (!parse(reader.data())) return unparsable();
    out.push_back(to_bytes(reader.data()));
  }
  if (reader.malformed()) return Error{ErrorCode::invalid_argument, "the PEM text is malformed"};
  if (out.empty()) return Error{ErrorCode::invalid_argument, "no certificate in the PEM text"};
  return out;
}

std::string certificate_to_pem(ByteView der) {
  return with_pem(PEM_STRING_X509, der, [](std::string_view text) { return std::string(text); });
}

Result<PrivateKey> private_key_from_pem(std::string_view pem) {
  PemReader reader(pem);
  while (reader.next()) {
    if (reader.label() != PEM_STRING_PKCS8INF) continue;
    Result<PrivateKey> key = PrivateKey::from_der(reader.data());
    if (key.ok() && key->kind() == KeyKind::x25519) break;
    return key;
  }
  return Error{ErrorCode::invalid_argument, "no unencrypted Ed25519 or Ed448 private key in the PEM text"};
}

SecretString private_key_to_pem(const PrivateKey& key) {
  Bytes der = key.der();
  SecretString out =
      with_pem(PEM_STRING_PKCS8INF, der, [](std::string_view text) { return SecretString(std::string(text)); });
  wipe(der);
  return out;
}

Status verify_server_chain(const std::vector<Bytes>& chain, SystemTime now) {
  const openssl::ErrorMark mark;
  const auto refuse = [](const char* reason) { return Error{ErrorCode::unauthenticated, reason}; };
  if (chain.size() < kMinChain || chain.size() > kMaxChain) return refuse("a server chain has 2 to 4 certificates");
  std::vector<openssl::X509Ptr> certificates;
  for (const Bytes& der : chain) {
    certificates.push_back(parse(der));
    if (!certificates.back()) return refuse("a certificate of the server chain does not parse");
    if (!is_valid_at(certificates.back().get(), now)) {
      return refuse("a certificate of the server chain is expired or not yet valid");
    }
  }
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    // The last is its own issuer.
    X509* const issuer = certificates[std::min(i + 1, certificates.size() - 1)].get();
    if (!is_issued_by(certificates[i].get(), issuer)) {
      return refuse("a certificate of the server chain is not issued by the next one");
    }
  }
  return ok_status();
}

Fingerprint identity_fingerprint(const std::vector<Bytes>& chain) {
  return fingerprint(chain.at(1));
}

}  // namespace sotto::crypto
