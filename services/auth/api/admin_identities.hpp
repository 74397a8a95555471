// AdminIdentities: who administers a server from elsewhere, and with which role, as an operator wrote it into a TOML
// file. Of tokens the file has only digests.
//
//   [alice]
//   role = "operator"                      # viewer, moderator, operator or admin
//   token_sha256 = "9f86d081…"             # hex, of the token as it is in its file
//
//   [bob]
//   role = "viewer"
//   certificate_sha256 = ["0a:1b:…", "…"]  # hex, of the certificate (DER)
//   certificate_cn = "bob"                 # or: common name of any certificate that admin.tls_ca issued
//   certificate_uri = "spiffe://…"         # or: a URI of its subject alternative names
//
// A value; any thread may read it.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/crypto/certificate.hpp"
#include "services/auth/domain/actor.hpp"

namespace sotto::auth {

// A certificate that the other side has shown, and that an authority of ours has issued.
struct ShownCertificate {
  crypto::Fingerprint fingerprint{};
  std::string common_name;
  std::vector<std::string> uris;
};

class AdminIdentities {
 public:
  // configuration, one line a problem with file, line and remedy: what cannot be read, names nobody, or does not tell
  // who somebody is.
  static Result<AdminIdentities> read(const std::filesystem::path& path);

  // Whose it is, if anybody's. Takes the same time for all tokens.
  [[nodiscard]] std::optional<Actor> of_token(std::string_view token) const;
  // By its fingerprint, else by a URI, else by its common name.
  [[nodiscard]] std::optional<Actor> of_certificate(const ShownCertificate& shown) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class IdentityReader;  // of the .cpp file
  using Digest = std::array<std::uint8_t, 32>;

  std::size_t size_ = 0;  // people
  std::vector<std::pair<Digest, Actor>> tokens_;
  std::map<crypto::Fingerprint, Actor> certificates_;
  std::map<std::string, Actor> common_names_;
  std::map<std::string, Actor> uris_;
};

}  // namespace sotto::auth
