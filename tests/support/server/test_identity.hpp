// A server identity for tests: the files of an identity directory, made by the same code as `sotto init` uses.
#pragma once

#include <filesystem>

#include "libs/crypto/certificate.hpp"

namespace sotto::test {

// Writes ca.crt, server.crt, server.key and fingerprint; returns the fingerprint.
crypto::Fingerprint write_identity(const std::filesystem::path& directory,
                                   crypto::KeyKind kind = crypto::KeyKind::ed25519);
// Of the ca.crt in `directory`. Throws when there is none.
crypto::Fingerprint fingerprint_of(const std::filesystem::path& directory);

}  // namespace sotto::test
