#include "libs/crypto/password_hash.hpp"

#include <sodium.h>

namespace sotto::crypto {

static_assert(kPasswordSaltSize == crypto_pwhash_SALTBYTES);

Secret<32> keyed_digest(const Secret<32>& key, ByteView data) {
  Secret<32> out;
  const auto bytes = out.expose_mutable();
  crypto_generichash(bytes.data(), bytes.size(), data.data(), data.size(), key.expose().data(), Secret<32>::size);
  return out;
}

Result<Secret<32>> hardened_digest(const Secret<32>& digest, const PasswordSalt& salt) {
  Secret<32> out;
  const auto bytes = out.expose_mutable();
  const auto input = as_text(digest.expose());
  if (crypto_pwhash(bytes.data(), bytes.size(), input.data(), input.size(), salt.data(),
                    crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{ErrorCode::exhausted, "no memory for checking a password"};
  }
  return out;
}

}  // namespace sotto::crypto
