#include "libs/dial/host_name.hpp"

#include <algorithm>
#include <cstddef>

namespace sotto::dial {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035 section 2.3.4, as text

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `expected` in lower case.
bool same(std::string_view text, std::string_view expected) {
  return std::equal(text.begin(), text.end(), expected.begin(), expected.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view last_label(std::string_view name) {
  while (name.ends_with('.')) name.remove_suffix(1);
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

bool is_onion(std::string_view name) {
  return same(last_label(name), "onion");
}

bool is_askable(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool is_localhost(std::string_view name) {
  return same(last_label(name), "localhost");
}

bool is_local_notation(std::string_view name) {
  const auto last = last_label(name);
  // No top-level domain begins with a digit (RFC 3696 section 2): the notations of inet_aton() do.
  return last.empty() || is_digit(last.front()) || is_localhost(name);
}

}  // namespace sotto::dial
