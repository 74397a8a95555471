#include "admin-cli/certificate/ca_key.hpp"

#include <chrono>

#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/identity_files.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

Result<Bytes> sign_leaf(const crypto::LeafRequest& request, std::vector<Bytes> chain, const fs::path& ca_key_dir) {
  const auto file = ca_key_dir / "ca.key";
  const auto wrong = [&](const std::string& message) {
    return Error{ErrorCode::configuration, file.string() + ": " + message};
  };
  const auto key = read_private_key(file);
  if (!key) return key.error();
  const auto now = std::chrono::system_clock::now();
  auto leaf = crypto::make_leaf(request, chain.at(1), *key, now);
  if (!leaf) {
    if (leaf.error().code == ErrorCode::conflict) {
      return wrong("is the key of another CA than ca.crt: bring both from the same installation");
    }
    return leaf.error();
  }
  chain.front() = *leaf;
  if (const auto status = crypto::verify_server_chain(chain, now); !status) return wrong(status.error().message);
  return leaf;
}

CaKeyPlace ca_key_place(const fs::path& identity_dir) {
  std::error_code ignored;
  if (fs::exists(identity_dir / "ca.key", ignored)) return CaKeyPlace::inside;
  if (fs::exists(default_ca_key_dir(identity_dir) / "ca.key", ignored)) return CaKeyPlace::beside;
  return CaKeyPlace::absent;
}

std::string_view name_of(CaKeyPlace place) {
  switch (place) {
    case CaKeyPlace::absent:
      return "absent";
    case CaKeyPlace::beside:
      return "beside";
    case CaKeyPlace::inside:
      break;
  }
  return "inside";
}

}  // namespace sotto::cli
