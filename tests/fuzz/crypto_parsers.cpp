#include "libs/crypto/certificate.hpp"
#include "libs/crypto/keys.hpp"
#include "tests/fuzz/parsers.hpp"

namespace sotto::fuzz {
namespace {

const crypto::PrivateKey& signer() {
  static const auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
  return key;
}

}  // namespace

void public_key(ByteView input, smp::Version /*version*/) {
  if (const auto key = crypto::PublicKey::from_der(input)) {
    require(equal(key->der(), input), "a public key encodes to what was parsed");
    (void)crypto::verify(*key, as_bytes("message"), Bytes(crypto::signature_size(key->kind()), 1));
  }
  if (const auto key = crypto::PrivateKey::from_der(input)) {
    const auto again = crypto::PrivateKey::from_der(key->der());
    require(again.ok() && again->public_key() == key->public_key(), "a private key encodes to the same key");
  }
}

void certificate(ByteView input, smp::Version /*version*/) {
  if (const auto certificate = crypto::parse_certificate(input)) {
    require(equal(certificate->der, input), "a certificate keeps its bytes");
  }
  (void)crypto::certificate_key(input);
  const std::vector<Bytes> chain{to_bytes(input), to_bytes(input)};
  (void)crypto::verify_server_chain(chain, SystemTime(std::chrono::seconds(1'700'000'000)));
}

void signed_key(ByteView input, smp::Version /*version*/) {
  (void)crypto::open_signed_key(input, signer().public_key());
}

void pem(ByteView input, smp::Version /*version*/) {
  (void)crypto::private_key_from_pem(as_text(input));
  if (const auto certificates = crypto::certificates_from_pem(as_text(input))) {
    require(!certificates->empty(), "a PEM that parses has a certificate");
  }
}

}  // namespace sotto::fuzz
