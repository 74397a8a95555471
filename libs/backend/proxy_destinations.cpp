#include "libs/backend/proxy_destinations.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace sotto::backend {
namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kIpv6Size = 16;
constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b};  // RFC 6052: 64:ff9b::/96

Error bad_pattern(std::string_view pattern) {
  return {ErrorCode::invalid_argument, "'" + std::string(pattern.substr(0, kMaxName)) +
                                           "' is no destination of the proxy: a host name (smp.example.com), the hosts "
                                           "below one (*.example.com), an address or a network (192.0.2.0/24), and "
                                           "with ! before it what is refused"};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool is_name(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= kMaxName && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos && std::all_of(text.begin(), text.end(), allowed);
}

// Digits and dots are meant as an address; a wrong one must not pass for a name.
bool looks_like_address(std::string_view text) {
  return text.find(':') != std::string_view::npos || text.find('/') != std::string_view::npos ||
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Result<ProxyDestinations> ProxyDestinations::parse(const std::vector<std::string>& patterns) {
  ProxyDestinations out;
  for (const auto& pattern : patterns) {
    std::string_view text = pattern;
    auto& side = text.starts_with('!') ? out.refused_ : out.allowed_;
    if (text.starts_with('!')) text.remove_prefix(1);
    if (looks_like_address(text)) {
      auto parsed = network(text);
      if (!parsed) return bad_pattern(pattern);
      side.networks.push_back(*parsed);
      continue;
    }
    const bool below = text.starts_with("*.");
    if (below) text.remove_prefix(2);
    auto name = lower(text);
    if (!is_name(name)) return bad_pattern(pattern);
    side.names.push_back({std::move(name), below});
  }
  return out;
}

Result<ProxyDestinations::Network> ProxyDestinations::network(std::string_view text) {
  const Error wrong{ErrorCode::invalid_argument, "no network"};
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network out;
  if (inet_pton(AF_INET, address.c_str(), out.first.data()) == 1) {
    out.size = 4;
  } else if (inet_pton(AF_INET6, address.c_str(), out.first.data()) == 1) {
    out.size = 16;
  } else {
    return wrong;
  }
  const auto most = static_cast<unsigned>(out.size * 8);
  out.bits = most;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.bits);
    if (error != std::errc() || end != digits.data() + digits.size() || out.bits > most) return wrong;
  }
  return out;
}

bool ProxyDestinations::matches(const Side& side, std::string_view name) {
  return std::any_of(side.names.begin(), side.names.end(), [&](const Name& pattern) {
    if (!pattern.below) return name == pattern.text;
    return name.size() > pattern.text.size() + 1 && name.ends_with(pattern.text) &&
           name[name.size() - pattern.text.size() - 1] == '.';
  });
}

bool ProxyDestinations::matches(const Side& side, ByteView address) {
  return std::any_of(side.networks.begin(), side.networks.end(), [&](const Network& network) {
    if (network.size != address.size()) return false;
    const std::size_t whole = network.bits / 8;
    if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), network.first.begin())) {
      return false;
    }
    const unsigned rest = network.bits % 8;
    return rest == 0 || ((address[whole] ^ network.first[whole]) >> (8U - rest)) == 0;
  });
}

ProxyDestinations::Verdict ProxyDestinations::host(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  const auto text = lower(name);
  if (matches(refused_, text)) return Verdict::refused;
  if (allowed_.names.empty() && allowed_.networks.empty()) return Verdict::allowed;
  if (matches(allowed_, text)) return Verdict::allowed;
  return allowed_.networks.empty() ? Verdict::refused : Verdict::by_address;
}

bool ProxyDestinations::address(ByteView address, Verdict host) const {
  // Where NAT64 translates it, the IPv4 address inside is what is connected to.
  if (address.size() == kIpv6Size && std::equal(kNat64.begin(), kNat64.end(), address.begin())) {
    const auto inside = address.subspan(kNat64.size());
    if (matches(refused_, inside)) return false;
    if (matches(allowed_, inside)) return host != Verdict::refused && !matches(refused_, address);
  }
  if (host == Verdict::refused || matches(refused_, address)) return false;
  return host == Verdict::allowed || matches(allowed_, address);
}

}  // namespace sotto::backend
