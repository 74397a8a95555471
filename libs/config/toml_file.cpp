#include "libs/config/toml_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace sotto::config {
namespace {

constexpr std::size_t kMaxFileSize = 1024UL * 1024UL;

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* boolean = node.as_boolean()) return std::string(boolean->get() ? "true" : "false");
  return std::nullopt;
}

std::optional<std::string> array_text(const toml::array& array) {
  std::string joined;
  for (const auto& element : array) {
    const auto text = scalar_text(element);
    if (!text) return std::nullopt;
    if (!joined.empty()) joined += ',';
    joined += *text;
  }
  return joined;
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& file, EmptyTables empty,
             std::vector<FileValue>& out) {
  for (const auto& [name, node] : table) {
    const auto key = prefix + std::string(name.str());
    const auto origin = fmt::format("{}:{}", file, node.source().begin.line);
    if (const auto* inner = node.as_table()) {
      if (inner->empty() && empty == EmptyTables::keep) out.push_back({key, "", origin, false, true});
      flatten(*inner, key + ".", file, empty, out);
      continue;
    }
    const auto text = node.is_array() ? array_text(*node.as_array()) : scalar_text(node);
    out.push_back({key, text.value_or(""), origin, text.has_value()});
  }
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& path) {
  const auto failed = [&](std::string_view cause) {
    return Error{ErrorCode::configuration, fmt::format("{} cannot be read: {}", path.string(), cause)};
  };
  std::error_code ignored;  // a path that cannot be asked about fails at open, with its cause
  if (std::filesystem::is_directory(path, ignored)) return failed("it is a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(std::generic_category().message(errno));
  std::string content;
  char byte = 0;
  while (content.size() <= kMaxFileSize && file.get(byte)) content += byte;
  if (content.size() > kMaxFileSize) return failed("it is larger than 1 MiB");
  return content;
}

Result<std::vector<FileValue>> read_toml_file(const std::filesystem::path& path, EmptyTables empty) {
  auto content = read_text_file(path);
  if (!content) return content.error();
  try {
    const auto table = toml::parse(std::string_view(*content), path.string());
    std::vector<FileValue> values;
    flatten(table, "", path.filename().string(), empty, values);
    return values;
  } catch (const toml::parse_error& error) {
    return Error{ErrorCode::configuration,
                 fmt::format("{}:{} is not TOML: {}", path.string(), error.source().begin.line, error.description())};
  }
}

}  // namespace sotto::config
