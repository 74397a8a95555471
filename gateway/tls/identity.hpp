// The identity of a server: its certificate chain, the leaf's key and the fingerprint that addresses name. Read from a
// directory with the file names of the reference: ca.crt, server.crt, server.key, fingerprint. The key of the CA is
// neither needed nor read. A value; read by all threads.
#pragma once

#include <array>
#include <filesystem>

#include "libs/base/clock.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/transport/tls_context.hpp"

namespace sotto::gateway {

struct Identity {
  transport::Credentials credentials;  // chain: leaf first
  crypto::Fingerprint fingerprint{};
};

// What is read of the directory.
inline constexpr std::array kIdentityFiles{"ca.crt", "server.crt", "server.key", "fingerprint"};

// configuration, naming the file and the remedy: a file is missing or unreadable, does not parse, the chain does not
// verify at `now`, the key is not the leaf's, or the `fingerprint` file (optional) says another fingerprint.
Result<Identity> load_identity(const std::filesystem::path& directory, SystemTime now);

}  // namespace sotto::gateway
