#include "libs/crypto/x509_parts.hpp"

#include <array>
#include <stdexcept>

namespace sotto::crypto::openssl {
namespace {

int id_of(KeyKind kind) {
  return kind == KeyKind::ed25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448;
}

}  // namespace

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make a certificate");
}

PKey to_pkey(const PrivateKey& key) {
  PKey pkey(EVP_PKEY_new_raw_private_key(id_of(key.kind()), nullptr, key.expose().data(), key.expose().size()));
  must(pkey != nullptr);
  return pkey;
}

PKey to_pkey(const PublicKey& key) {
  PKey pkey(EVP_PKEY_new_raw_public_key(id_of(key.kind()), nullptr, key.raw().data(), key.raw().size()));
  must(pkey != nullptr);
  return pkey;
}

Result<PublicKey> signing_key(const EVP_PKEY* key) {
  const Error wrong_kind{ErrorCode::invalid_argument, "the key of the certificate is neither Ed25519 nor Ed448"};
  const int id = key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_id(key);
  if (id != EVP_PKEY_ED25519 && id != EVP_PKEY_ED448) return wrong_kind;
  std::array<std::uint8_t, 57> raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) return wrong_kind;
  return PublicKey::from_raw(id == EVP_PKEY_ED25519 ? KeyKind::ed25519 : KeyKind::ed448, ByteView(raw).first(size));
}

std::string common_name(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  if (size < 0) return {};
  std::string out(as_text({text, static_cast<std::size_t>(size)}));
  OPENSSL_free(text);
  return out;
}

bool add_name(X509_NAME* name, const char* field, const std::string& value) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

}  // namespace sotto::crypto::openssl
