// For keys.cpp only. Which keys and signatures the libraries refuse before the costly part of a verification, so that
// verify() can do that part all the same. Public values only; any thread.
#pragma once

#include "libs/crypto/keys.hpp"

namespace sotto::crypto {

// Preconditions: a signing key, and a signature of its size that verification refused. True when the refusal came
// before the scalar multiplications: S is not below the group order, the key is no point of the curve, and further for
// Ed25519 (libsodium) the key is not reduced or it or R has small order, for Ed448 (OpenSSL) R is no point.
bool is_rejected_early(const PublicKey& key, ByteView signature);

}  // namespace sotto::crypto
