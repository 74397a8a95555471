#include "gateway/tls/identity.hpp"

#include <algorithm>
#include <fstream>
#include <optional>

namespace sotto::gateway {
namespace {

// A certificate is about 600 bytes of text, a chain has four.
constexpr std::size_t kMaxFile = 64 * 1024;

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  // One buffer from the start: one that grew would leave parts of a key behind.
  std::string text(kMaxFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || !in.is_open()) {
    return Error{ErrorCode::configuration,
                 path.string() + ": cannot be read (run `sotto init`, or check the directory and its permissions)"};
  }
  if (in.gcount() > static_cast<std::streamsize>(kMaxFile)) {
    return Error{ErrorCode::configuration, path.string() + ": is larger than any certificate or key"};
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Error in_file(const std::filesystem::path& path, const Error& error) {
  return {ErrorCode::configuration, path.string() + ": " + error.message};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Identity> load_identity(const std::filesystem::path& directory, SystemTime now) {
  const auto leaf_path = directory / "server.crt";
  const auto ca_path = directory / "ca.crt";
  const auto key_path = directory / "server.key";

  auto leaf_pem = read_file(leaf_path);
  if (!leaf_pem) return leaf_pem.error();
  auto ca_pem = read_file(ca_path);
  if (!ca_pem) return ca_pem.error();
  auto key_text = read_file(key_path);
  if (!key_text) return key_text.error();
  const SecretString key_pem(std::move(*key_text));

  auto chain = crypto::certificates_from_pem(*leaf_pem);
  if (!chain) return in_file(leaf_path, chain.error());
  auto authorities = crypto::certificates_from_pem(*ca_pem);
  if (!authorities) return in_file(ca_path, authorities.error());
  // A server.crt may hold its whole chain already.
  for (auto& authority : *authorities) {
    if (std::find(chain->begin(), chain->end(), authority) == chain->end()) chain->push_back(std::move(authority));
  }
  if (auto status = crypto::verify_server_chain(*chain, now); !status) return in_file(leaf_path, status.error());

  auto key = crypto::private_key_from_pem(key_pem.expose());
  if (!key) return in_file(key_path, key.error());
  auto leaf_key = crypto::certificate_key(chain->front());
  if (!leaf_key) return in_file(leaf_path, leaf_key.error());
  if (!(*leaf_key == key->public_key())) {
    return Error{ErrorCode::configuration, key_path.string() + ": is not the key of " + leaf_path.string() +
                                               " (bring both files from the same installation)"};
  }

  const auto fingerprint = crypto::identity_fingerprint(*chain);
  const auto fingerprint_path = directory / "fingerprint";
  std::error_code ignored;
  if (std::filesystem::exists(fingerprint_path, ignored)) {
    auto text = read_file(fingerprint_path);
    if (!text) return text.error();
    auto stated = from_base64url(trimmed(*text));
    if (!stated || !equal(*stated, fingerprint)) {
      return Error{ErrorCode::configuration, fingerprint_path.string() + ": does not fit " + ca_path.string() +
                                                 " (bring both files from the same installation)"};
    }
  }
  return Identity{transport::Credentials{std::move(*chain), std::move(*key)}, fingerprint};
}

}  // namespace sotto::gateway
