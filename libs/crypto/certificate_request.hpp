// Certificate requests (PKCS#10): what a machine that has a new key sends to the machine that has the key of the CA.
// Values and pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "libs/base/result.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::crypto {

struct CertificateRequest {
  std::string common_name;
  PublicKey key;
};

// PEM. invalid_argument for an X25519 key or a common name that no certificate can have (make_identity()).
Result<std::string> make_certificate_request(const PrivateKey& key, const std::string& common_name);
// unauthenticated: it is not signed with the key inside, so that it may not be for who sent it; invalid_argument: not
// PEM of a request, or of one whose key is neither Ed25519 nor Ed448.
Result<CertificateRequest> open_certificate_request(std::string_view pem);

}  // namespace sotto::crypto
