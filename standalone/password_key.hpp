// The key with which a standalone server digests passwords before it stores them: a file beside the identity, so that
// who steals the data directory cannot even try passwords. At start only.
#pragma once

#include <filesystem>

#include "libs/crypto/key_ring.hpp"

namespace sotto::standalone {

// Reads the file. When there is none, and `may_make`: makes it (mode 0600), with a new key. configuration: it cannot be
// read or made, or holds no key; or it is not there and may not be made.
Result<crypto::KeyRing> load_password_key(const std::filesystem::path& file, bool may_make);

// A ring with a new key that is stored nowhere.
crypto::KeyRing passing_password_key();

}  // namespace sotto::standalone
