// ServerCertificate: the certificates of an identity directory, checked against each other. A value.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::cli {

struct ServerCertificate {
  // As the server sends them: leaf, identity (the CA), and what may stand above it.
  std::vector<Bytes> chain;
  crypto::Certificate leaf;
  crypto::PublicKey leaf_key;
  crypto::Fingerprint fingerprint{};
  // How many of `chain` are in server.crt itself: one, or more where another tool put the chain there.
  std::size_t in_server_crt = 1;

  // What server.crt holds with `leaf_der` instead of its leaf.
  [[nodiscard]] std::string pem_with(ByteView leaf_der) const;
  // The chain with `leaf_der` instead of its leaf.
  [[nodiscard]] std::vector<Bytes> chain_with(ByteView leaf_der) const;
};

// configuration, naming the file and the remedy: the identity is absent or not complete, a file cannot be read, or the
// certificates do not belong together. Whether the leaf is valid now is not looked at, nor whether server.key is its
// key.
Result<ServerCertificate> read_server_certificate(const std::filesystem::path& identity_dir);

// What the files of an identity hold, wherever they are.
struct IdentityTexts {
  std::string server_crt;
  std::string ca_crt;
  std::string fingerprint;
};
// The same of texts; messages name them as files in `place`.
Result<ServerCertificate> server_certificate_of(const IdentityTexts& texts, const std::filesystem::path& place);

// configuration: server.key cannot be read, or is not the key of `certificate`.
Status check_server_key(const std::filesystem::path& identity_dir, const ServerCertificate& certificate);

// The first certificate of a PEM file; configuration, naming the file.
Result<Bytes> read_certificate(const std::filesystem::path& file);
// configuration, naming the file.
Result<crypto::PrivateKey> read_private_key(const std::filesystem::path& file);

// "ed25519" or "ed448".
std::string_view algorithm_name(crypto::KeyKind kind);
// Of --sign-algorithm; when that is empty, of the present leaf.
crypto::KeyKind kind_of_new_key(const ServerCertificate& present, std::string_view algorithm);

}  // namespace sotto::cli
