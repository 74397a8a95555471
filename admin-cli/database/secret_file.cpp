#include "admin-cli/database/secret_file.hpp"

#include <string>

#include "admin-cli/commands/file.hpp"

namespace sotto::cli {
namespace {

Error wrong(const std::filesystem::path& file, const std::string& what) {
  return {ErrorCode::configuration, file.string() + ": " + what};
}

Result<SecretString> read_secret(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) return text.error();
  return SecretString(*std::move(text));
}

}  // namespace

Result<SecretString> read_password_file(const std::filesystem::path& file) {
  const auto content = read_secret(file);
  if (!content) return content.error();
  auto line = content->expose();
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return wrong(file, "is empty");
  if (line.find('\n') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
    return wrong(file, "a password is a single line of text");
  }
  return SecretString(std::string(line));
}

Result<crypto::KeyRing> read_platform_keys(const std::filesystem::path& file) {
  const auto content = read_secret(file);
  if (!content) return content.error();
  auto keys = crypto::KeyRing::parse(content->expose());
  if (!keys) return wrong(file, keys.error().message);
  return keys;
}

}  // namespace sotto::cli
