// Digests of passwords. What is stored of a password must be worth nothing to who steals the store: so it is keyed with
// a key that is kept elsewhere, and passwords that people chose, which can be guessed, are hardened on top (Argon2id),
// for the case that the key is stolen, too. Pure functions; any thread.
#pragma once

#include <array>

#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"

namespace sotto::crypto {

inline constexpr std::size_t kPasswordSaltSize = 16;
using PasswordSalt = std::array<std::uint8_t, kPasswordSaltSize>;

// BLAKE2b-256 of `data`, keyed: nobody without the key can make or check it. About a microsecond.
Secret<32> keyed_digest(const Secret<32>& key, ByteView data);

// Argon2id of libsodium with its limits for interactive use (2 passes over 64 MiB): some 100 ms of CPU. exhausted: the
// memory is not to be had now.
Result<Secret<32>> hardened_digest(const Secret<32>& digest, const PasswordSalt& salt);

}  // namespace sotto::crypto
