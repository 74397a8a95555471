// What certificates and certificate requests have in common: keys as OpenSSL has them, and names. For the .cpp files of
// libs/crypto only. Pure functions; any thread.
#pragma once

#include <string>

#include "libs/crypto/keys.hpp"
#include "libs/crypto/openssl.hpp"

namespace sotto::crypto::openssl {

// A step of OpenSSL that fails only for want of memory or by a mistake of ours: throws when it is not `done`.
void must(bool done);

// Preconditions: signing keys.
PKey to_pkey(const PrivateKey& key);
PKey to_pkey(const PublicKey& key);
// The public half of a key; invalid_argument when it is neither Ed25519 nor Ed448 (null is neither).
Result<PublicKey> signing_key(const EVP_PKEY* key);

// Empty when the name has none.
std::string common_name(const X509_NAME* name);
// Adds a part of a name; false when OpenSSL refuses it (empty, too long, not UTF-8).
bool add_name(X509_NAME* name, const char* field, const std::string& value);

}  // namespace sotto::crypto::openssl
