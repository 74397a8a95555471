#include "libs/smp/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace sotto::smp {
namespace {

constexpr std::string_view kScheme = "smp://";
constexpr std::string_view kForm = "smp://<fingerprint>@<host>";
constexpr std::size_t kMaxPassword = 255;
constexpr std::size_t kMaxDomain = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kOnionLabel = 56;  // version 3

Error bad(std::string what) {
  return {ErrorCode::invalid_argument, std::move(what)};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_white(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <class Predicate>
bool any_of(std::string_view text, Predicate predicate) {
  return std::any_of(text.begin(), text.end(), predicate);
}
template <class Predicate>
bool all_of(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

std::optional<std::string> canonical_ipv6(std::string_view text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (::inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ::inet_ntop(AF_INET6, &address, buffer.data(), buffer.size());
}

Result<Host> parse_onion(std::string_view text) {
  const std::string name = lower(text);
  const auto label = std::string_view(name).substr(0, name.size() - std::string_view(".onion").size());
  if (label.size() != kOnionLabel) {
    return bad("an .onion name has 56 characters before .onion: copy it again, some were lost or added");
  }
  if (!all_of(label, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); })) {
    return bad("an .onion name has only the letters a to z and the digits 2 to 7");
  }
  return Host{HostKind::onion, name};
}

Result<Host> parse_domain(std::string_view text) {
  if (text.size() > kMaxDomain) return bad("a host name has at most 253 characters");
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto label = text.substr(start, text.substr(start).find('.'));
    if (label.empty()) return bad("a host name has an empty part: two dots in a row, or a dot at its start or end");
    if (label.size() > kMaxLabel) return bad("a part of a host name between dots has at most 63 characters");
    if (label.front() == '-' || label.back() == '-') {
      return bad("a part of a host name between dots neither starts nor ends with a hyphen");
    }
    if (!all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; })) {
      return bad("a host name has only letters, digits, hyphens and dots");
    }
    start += label.size() + 1;
  }
  return Host{HostKind::domain, std::string(text)};
}

Result<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty()) return bad("no port after the ':': write for example :5223, or leave the ':' out");
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return bad("the port after the ':' is not a number");
  }
  if (error != std::errc{} || value == 0 || value > 65535) return bad("the port is not between 1 and 65535");
  return static_cast<std::uint16_t>(value);
}

struct HostPort {
  Host host;
  std::optional<std::uint16_t> port;
};

Result<HostPort> host_and_port(std::string_view host, std::string_view port) {
  auto parsed_host = parse_host(host);
  if (!parsed_host) return parsed_host.error();
  auto parsed_port = parse_port(port);
  if (!parsed_port) return parsed_port.error();
  return HostPort{std::move(*parsed_host), *parsed_port};
}

Result<HostPort> only_host(std::string_view text) {
  auto host = parse_host(text);
  if (!host) return host.error();
  return HostPort{std::move(*host), std::nullopt};
}

// host, host:port, [IPv6], [IPv6]:port. IPv6 without brackets only where no port could be meant.
Result<HostPort> parse_host_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad("an IPv6 host lacks its closing bracket");
    const auto host = text.substr(0, end + 1);
    const auto rest = text.substr(end + 1);
    if (rest.empty()) return only_host(host);
    if (rest.front() != ':')
      return bad("after the closing bracket of an IPv6 host only a port may follow, as in [::1]:5223");
    return host_and_port(host, rest.substr(1));
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return only_host(text);
  const auto before = text.substr(0, colon);
  const auto after = text.substr(colon + 1);
  if (before.find(':') == std::string_view::npos) return host_and_port(before, after);
  const bool host_alone = canonical_ipv6(text).has_value();
  const bool with_port = canonical_ipv6(before).has_value() && parse_port(after).ok();
  if (host_alone && with_port) {
    return bad(
        "an IPv6 host without brackets can be read with and without a port: write it in brackets, as in [::1]:5223");
  }
  if (with_port) return host_and_port(before, after);
  return only_host(text);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Status parse_hosts(std::string_view text, ServerAddress& address) {
  const auto parts = split(text, ',');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty())
      return bad(parts.size() == 1 ? "no host after the '@'" : "an empty host in the list of hosts");
    const bool last = i + 1 == parts.size();
    if (last && i > 0 && address.port && all_of(parts[i], is_digit)) {
      return bad("two ports: an address has one, after the last host; keep one of them, for example :5223");
    }
    auto parsed = parse_host_port(parts[i]);
    if (!parsed) return parsed.error();
    if (address.port) return bad("a port stands before another host: write it once, after the last host");
    address.hosts.push_back(std::move(parsed->host));
    address.port = parsed->port;
  }
  return ok_status();
}

Result<crypto::Fingerprint> parse_fingerprint(std::string_view text) {
  if (text.empty()) return bad("no fingerprint between smp:// and the host");
  if (any_of(text, [](char c) { return c == '+' || c == '/'; })) {
    return bad("the fingerprint is in plain base64: write '-' for '+' and '_' for '/'");
  }
  const auto bytes = from_base64url(text);
  crypto::Fingerprint fingerprint{};
  if (bytes && bytes->size() == fingerprint.size()) {
    std::copy(bytes->begin(), bytes->end(), fingerprint.begin());
    return fingerprint;
  }
  if (!all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '='; })) {
    return bad("the fingerprint has a character that base64url does not have");
  }
  const auto characters = text.substr(0, text.find('=')).size();
  if (characters != 43) {
    return bad("the fingerprint has " + std::to_string(characters) + " characters instead of 43 (before any '='): " +
               (characters < 43 ? "some were lost, copy it again" : "there are too many, copy it again"));
  }
  return bad("the fingerprint is damaged: copy it again");
}

// What people paste instead of an address. Nothing when it may be one.
std::optional<Error> not_an_address(std::string_view text) {
  const std::string start = lower(text.substr(0, 64));
  const std::string_view view = start;
  if (view.empty()) return bad("the address is empty: it has the form " + std::string(kForm));
  if (is_white(text.front()) || is_white(text.back())) {
    return bad("white space before or after the address: remove it");
  }
  const bool web = view.starts_with("http://") || view.starts_with("https://");
  if (view.starts_with("simplex:") || (web && text.find('#') != std::string_view::npos)) {
    return bad("this is a link to a person or a group, not the address of a server: ask the server's operator for " +
               std::string(kForm));
  }
  if (web) return bad("a server address begins with smp://, not with http:// or https://");
  if (view.starts_with("xftp://") || view.starts_with("ntf://")) {
    return bad("this is the address of a file or notification server; a message server's begins with smp://");
  }
  if (!view.starts_with(kScheme)) {
    return bad("a server address begins with smp:// and has the form " + std::string(kForm));
  }
  return std::nullopt;
}

std::optional<Error> check_host_characters(std::string_view text) {
  if (text.find('@') != std::string_view::npos) {
    return bad("more than one '@': a password cannot have that character");
  }
  const auto slash = text.find_first_of("/#?");
  if (slash != std::string_view::npos) {
    if (slash + 1 == text.size()) return bad("remove the last character: an address ends with the host or the port");
    return bad(
        "this is a link to a queue, not the address of a server: keep only the part before the '/' that follows "
        "the host");
  }
  if (any_of(text, [](char c) { return is_white(c) || is_control(c); })) {
    return bad("white space inside the address: remove it, also line breaks that came with copying");
  }
  return std::nullopt;
}

}  // namespace

Result<Host> parse_host(std::string_view text) {
  if (text.empty()) return bad("empty host");
  if (any_of(text, is_control)) return bad("a host has no control characters");
  if (!all_of(text, is_ascii)) {
    return bad("a host name with other letters than a to z is written in its xn-- form");
  }
  if (text.front() == '[' || text.find(':') != std::string_view::npos) {
    const bool brackets = text.front() == '[';
    if (brackets && text.back() != ']') return bad("an IPv6 host lacks its closing bracket");
    auto name = canonical_ipv6(brackets ? text.substr(1, text.size() - 2) : text);
    if (!name) return bad("not an IPv6 address");
    return Host{HostKind::ipv6, std::move(*name)};
  }
  if (all_of(text, [](char c) { return is_digit(c) || c == '.'; })) {
    in_addr address{};
    if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) {
      return bad("not an IPv4 address: it has four numbers from 0 to 255, without zeros before them");
    }
    return Host{HostKind::ipv4, std::string(text)};
  }
  if (lower(text).ends_with(".onion")) return parse_onion(text);
  return parse_domain(text);
}

std::string ServerAddress::print(ShowPassword show) const {
  std::string out(kScheme);
  out += to_base64url(fingerprint);
  if (password && show == ShowPassword::yes) {
    out += ':';
    out += password->expose();
  }
  char separator = '@';
  for (const auto& host : hosts) {
    out += separator;
    separator = ',';
    out += host.kind == HostKind::ipv6 ? '[' + host.name + ']' : host.name;
  }
  if (port) out += ':' + std::to_string(*port);
  return out;
}

Result<ServerAddress> parse_address(std::string_view text) {
  if (auto error = not_an_address(text)) return std::move(*error);
  const auto rest = text.substr(kScheme.size());
  const auto at = rest.find('@');
  if (at == std::string_view::npos) {
    return bad("no '@' between the fingerprint and the host: the form is " + std::string(kForm));
  }
  const auto identity = rest.substr(0, at);
  const auto hosts = rest.substr(at + 1);
  const auto colon = identity.find(':');

  ServerAddress address;
  auto fingerprint = parse_fingerprint(identity.substr(0, colon));
  if (!fingerprint) return fingerprint.error();
  address.fingerprint = *fingerprint;
  if (colon != std::string_view::npos) {
    const auto password = identity.substr(colon + 1);
    if (auto status = check_password(password); !status) return status.error();
    address.password = SecretString(std::string(password));
  }
  if (auto error = check_host_characters(hosts)) return std::move(*error);
  if (auto status = parse_hosts(hosts, address); !status) return status.error();
  return address;
}

Status check_password(std::string_view password) {
  if (password.empty()) return bad("the password is empty: leave the ':' out for a server without password");
  if (password.size() > kMaxPassword) return bad("the password is longer than 255 characters");
  if (any_of(password, is_white)) return bad("the password has white space");
  if (any_of(password, is_control)) return bad("the password has a control character");
  if (!all_of(password, is_ascii)) return bad("the password has a character that is not ASCII");
  if (password.find_first_of("@:/") != std::string_view::npos) {
    return bad("the password has one of the characters '@', ':' and '/', which end it in an address");
  }
  return ok_status();
}

}  // namespace sotto::smp
