#include "gateway/names/resolver_url.hpp"

#include <algorithm>
#include <charconv>

namespace sotto::gateway {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::size_t kMaxUrl = 1024;
constexpr std::size_t kMaxName = 253;

// Not those of <cctype>, which ask the locale.
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool host_character(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '.';
}
bool literal_character(char c) {
  return is_hex(c) || c == ':' || c == '.';
}
bool path_character(char c) {
  return is_digit(c) || is_letter(c) || std::string_view("/-._~%").find(c) != std::string_view::npos;
}

Error wrong(std::string what) {
  return {ErrorCode::configuration, std::move(what)};
}

}  // namespace

std::string ResolverUrl::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? kHttpsPort : kHttpPort)) out += ":" + std::to_string(port);
  return out;
}

Result<ResolverUrl> parse_resolver_url(std::string_view text) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  ResolverUrl out;
  if (text.size() > kMaxUrl) return wrong("is longer than 1024 characters");
  if (text.starts_with(kHttps)) {
    out.tls = true;
    text.remove_prefix(kHttps.size());
  } else if (text.starts_with(kHttp)) {
    text.remove_prefix(kHttp.size());
  } else {
    return wrong("does not begin with http:// or https://");
  }
  const auto slash = std::min(text.find('/'), text.size());
  auto authority = text.substr(0, slash);
  out.path = text.substr(slash);
  while (out.path.ends_with('/')) out.path.pop_back();
  if (!std::all_of(out.path.begin(), out.path.end(), path_character)) {
    return wrong("has a path with a query, a fragment or a character that belongs escaped");
  }

  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return wrong("has an address without its closing bracket");
    out.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!std::all_of(out.host.begin(), out.host.end(), literal_character)) out.host.clear();
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    out.host = authority.substr(0, end);
    authority.remove_prefix(end);
    if (!std::all_of(out.host.begin(), out.host.end(), host_character)) out.host.clear();
  }
  if (out.host.empty()) return wrong("has no host, or one that cannot be (it takes neither user nor password)");
  out.port = out.tls ? kHttpsPort : kHttpPort;
  if (!authority.empty()) {
    if (!authority.starts_with(':')) return wrong("has something behind its host that is no port");
    authority.remove_prefix(1);
    const auto* end = authority.data() + authority.size();
    const auto parsed = std::from_chars(authority.data(), end, out.port);
    if (parsed.ec != std::errc() || parsed.ptr != end || out.port == 0) return wrong("has a port that is none");
  }
  return out;
}

std::optional<std::string> request_target(const ResolverUrl& url, std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return std::nullopt;
  std::string out = url.path + "/resolve/";
  char previous = '.';
  for (const char c : name) {
    if (!host_character(c) || (c == '.' && previous == '.')) return std::nullopt;
    out += lower(c);
    previous = c;
  }
  if (previous == '.') return std::nullopt;
  return out;
}

}  // namespace sotto::gateway
