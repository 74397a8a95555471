#include "admin-cli/certificate/server_certificate.hpp"

#include <algorithm>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/identity_files.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

Error in_file(const fs::path& file, const std::string& message) {
  return {ErrorCode::configuration, file.string() + ": " + message};
}

Result<std::vector<Bytes>> certificates_of(const std::string& text, const fs::path& file) {
  auto certificates = crypto::certificates_from_pem(text);
  if (!certificates) return in_file(file, certificates.error().message);
  return certificates;
}

}  // namespace

std::string ServerCertificate::pem_with(ByteView leaf_der) const {
  auto pem = crypto::certificate_to_pem(leaf_der);
  for (std::size_t i = 1; i < in_server_crt; ++i) pem += crypto::certificate_to_pem(chain.at(i));
  return pem;
}

std::vector<Bytes> ServerCertificate::chain_with(ByteView leaf_der) const {
  auto changed = chain;
  changed.front() = to_bytes(leaf_der);
  return changed;
}

Result<ServerCertificate> read_server_certificate(const fs::path& identity_dir) {
  const auto state = identity_state(identity_dir);
  if (!state) return state.error();
  if (*state == IdentityState::absent) {
    return Error{ErrorCode::configuration, identity_dir.string() +
                                               " holds no identity: run `sotto init`, or name the directory with "
                                               "--identity-dir"};
  }
  IdentityTexts texts;
  for (const auto& [name, text] : {std::pair{"server.crt", &texts.server_crt}, std::pair{"ca.crt", &texts.ca_crt},
                                   std::pair{"fingerprint", &texts.fingerprint}}) {
    auto content = read_file(identity_dir / name);
    if (!content) return content.error();
    *text = *std::move(content);
  }
  return server_certificate_of(texts, identity_dir);
}

Result<ServerCertificate> server_certificate_of(const IdentityTexts& texts, const fs::path& place) {
  const auto leaf_file = place / "server.crt";
  auto chain = certificates_of(texts.server_crt, leaf_file);
  if (!chain) return chain.error();
  const auto in_server_crt = chain->size();
  const auto authorities = certificates_of(texts.ca_crt, place / "ca.crt");
  if (!authorities) return authorities.error();
  for (const auto& authority : *authorities) {
    if (std::find(chain->begin(), chain->end(), authority) == chain->end()) chain->push_back(authority);
  }
  auto leaf = crypto::parse_certificate(chain->front());
  if (!leaf) return in_file(leaf_file, leaf.error().message);
  auto key = crypto::certificate_key(chain->front());
  if (!key) return in_file(leaf_file, key.error().message);
  // At a time when the leaf is valid: one that has ended is to be seen, too.
  const auto when = std::clamp(std::chrono::system_clock::now(), leaf->not_before, leaf->not_after);
  if (const auto status = crypto::verify_server_chain(*chain, when); !status) {
    return in_file(leaf_file, status.error().message + " (bring server.crt and ca.crt from the same installation)");
  }
  const auto fingerprint = crypto::identity_fingerprint(*chain);
  const auto stated = from_base64url(trimmed(texts.fingerprint));
  if (!stated || !equal(*stated, fingerprint)) {
    return in_file(place / "fingerprint", "does not fit ca.crt: bring both files from the same installation");
  }
  return ServerCertificate{*std::move(chain), *std::move(leaf), *key, fingerprint, in_server_crt};
}

Status check_server_key(const fs::path& identity_dir, const ServerCertificate& certificate) {
  const auto file = identity_dir / "server.key";
  const auto key = read_private_key(file);
  if (!key) return key.error();
  if (key->public_key() == certificate.leaf_key) return ok_status();
  return in_file(file,
                 "is not the key of server.crt: make both anew (`sotto cert rotate`), or bring them from the same "
                 "installation or backup");
}

Result<Bytes> read_certificate(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return text.error();
  auto certificates = certificates_of(*text, file);
  if (!certificates) return certificates.error();
  return std::move(certificates->front());
}

Result<crypto::PrivateKey> read_private_key(const fs::path& file) {
  auto text = read_file(file);
  if (!text) return text.error();
  const SecretString pem(*std::move(text));
  auto key = crypto::private_key_from_pem(pem.expose());
  if (!key) return in_file(file, key.error().message);
  return key;
}

std::string_view algorithm_name(crypto::KeyKind kind) {
  return kind == crypto::KeyKind::ed448 ? "ed448" : "ed25519";
}

crypto::KeyKind kind_of_new_key(const ServerCertificate& present, std::string_view algorithm) {
  if (algorithm.empty()) return present.leaf_key.kind();
  return algorithm == "ed448" ? crypto::KeyKind::ed448 : crypto::KeyKind::ed25519;
}

}  // namespace sotto::cli
