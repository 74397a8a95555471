#include "libs/rpc/replica_names.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace sotto::rpc {
namespace {

Error unusable() {
  return {
      ErrorCode::configuration,
      "the replicas of the queue service must be hosts with ports, separated by commas: \"queue-0:7001,[::1]:7002\""};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result<ReplicaName> parse_replica(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return unusable();
  ReplicaName name{.host = std::string(text.substr(0, colon)), .port = std::string(text.substr(colon + 1))};
  if (!is_port(name.port)) return unusable();
  const bool in_brackets = name.host.starts_with('[') && name.host.ends_with(']');
  if (in_brackets) name.host = name.host.substr(1, name.host.size() - 2);
  const bool usable = in_brackets ? is_ipv6(name.host) : name.host.find_first_of(":[]/ \t") == std::string::npos;
  if (!usable) return unusable();
  return name;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

}  // namespace

Result<std::vector<ReplicaName>> parse_replicas(std::string_view text) {
  std::vector<ReplicaName> names;
  for (;;) {
    const auto comma = text.find(',');
    auto name = parse_replica(trimmed(text.substr(0, comma)));
    if (!name) return name.error();
    names.push_back(*std::move(name));
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

bool is_address(const ReplicaName& name) {
  in_addr address{};
  return inet_pton(AF_INET, name.host.c_str(), &address) == 1 || is_ipv6(name.host);
}

Result<std::vector<ReplicaAddress>> resolve(const ReplicaName& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.host.c_str(), name.port.c_str(), &hints, &found) != 0) {
    return Error{ErrorCode::connection_failed, "the name of the queue service cannot be resolved now"};
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  std::vector<ReplicaAddress> out;
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> host{};
    if (getnameinfo(each->ai_addr, each->ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    // The brackets of IPv6 have no place in the URI that a target is.
    std::string target = each->ai_family == AF_INET6 ? "ipv6:%5B" + std::string(host.data()) + "%5D:" + name.port
                                                     : "ipv4:" + std::string(host.data()) + ":" + name.port;
    out.push_back({.target = std::move(target), .authority = name.host});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace sotto::rpc
