#include "libs/redis/options.hpp"

#include <charconv>

namespace sotto::redis {
namespace {

// The URL itself stays out of messages: it may hold a password.
Error refused(std::string what) {
  return {ErrorCode::invalid_argument, "the Redis URL " + std::move(what) +
                                           "; expected redis://[user@]host[:port][,host[:port]…] or rediss:// for TLS"};
}

Result<Address> parse_address(std::string_view text) {
  Address out;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return refused("has an IPv6 address without closing bracket");
    out.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    out.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (out.host.empty()) return refused("has an empty host");
  if (port.empty()) return out;
  const auto* const end = port.data() + port.size();
  const auto [rest, error] = std::from_chars(port.data() + 1, end, out.port);
  if (port.front() != ':' || error != std::errc{} || rest != end || out.port == 0) {
    return refused("has a port that is no number from 1 to 65535 (IPv6 addresses need brackets)");
  }
  return out;
}

}  // namespace

std::string to_text(const Address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<Options> Options::parse_url(std::string_view url) {
  Options out;
  constexpr std::string_view kPlain = "redis://";
  constexpr std::string_view kTls = "rediss://";
  if (url.starts_with(kTls)) {
    out.tls.emplace();
    url.remove_prefix(kTls.size());
  } else if (url.starts_with(kPlain)) {
    url.remove_prefix(kPlain.size());
  } else {
    return refused("does not begin with redis:// or rediss://");
  }
  // A password may hold any of the characters that are looked for below.
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    const auto user = url.substr(0, at);
    if (user.find(':') != std::string_view::npos) {
      return Error{
          ErrorCode::invalid_argument,
          "the Redis URL holds a password, and URLs are seen in logs and process lists: leave it out and put the "
          "password in a file of its own"};
    }
    if (user.empty()) return refused("has an empty user name before @");
    out.user = user;
    url.remove_prefix(at + 1);
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.find_first_of("/?#") != std::string_view::npos) {
    return refused("has something behind the hosts (database numbers are not supported: a Redis Cluster has none)");
  }
  for (;;) {
    const auto comma = url.find(',');
    auto address = parse_address(url.substr(0, comma));
    if (!address) return address.error();
    out.servers.push_back(*std::move(address));
    if (comma == std::string_view::npos) return out;
    url.remove_prefix(comma + 1);
  }
}

}  // namespace sotto::redis
