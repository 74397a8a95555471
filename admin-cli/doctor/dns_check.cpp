#include "admin-cli/doctor/dns_check.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <span>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sotto::cli {
namespace {

using Names = std::vector<std::string>;

constexpr std::chrono::milliseconds kLimit{5000};

struct Free {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
  void operator()(ifaddrs* list) const { freeifaddrs(list); }
};

// Empty for what is no IP address.
std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (bytes == nullptr) return {};
  const char* text = inet_ntop(address->sa_family, bytes, buffer.data(), buffer.size());
  return text == nullptr ? std::string() : std::string(text);
}

Result<Names> ask(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, Free> owner(list);
  if (code != 0) {
    const bool unknown = code == EAI_NONAME || code == EAI_NODATA;
    return Error{unknown ? ErrorCode::not_found : ErrorCode::unavailable, gai_strerror(code)};
  }
  Names addresses;
  for (const auto* one = list; one != nullptr; one = one->ai_next) {
    auto text = text_of(one->ai_addr);
    if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) addresses.push_back(std::move(text));
  }
  return addresses;
}

struct Network {
  const char* address;
  unsigned bits;
};

// RFC 1918, 6598 (providers' own), 3927 and 4291 (one link), 4193.
constexpr std::array kPrivate{Network{"10.0.0.0", 8},    Network{"172.16.0.0", 12},  Network{"192.168.0.0", 16},
                              Network{"100.64.0.0", 10}, Network{"169.254.0.0", 16}, Network{"fc00::", 7},
                              Network{"fe80::", 10}};
constexpr std::array kLoopback{Network{"127.0.0.0", 8}, Network{"::1", 128}};

// 4 or 16 of them; none when it is no address.
std::vector<unsigned char> bytes_of(const std::string& address) {
  const bool v6 = address.find(':') != std::string::npos;
  std::vector<unsigned char> bytes(v6 ? sizeof(in6_addr) : sizeof(in_addr));
  if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1) bytes.clear();
  return bytes;
}

bool within(const std::string& address, const Network& network) {
  const auto have = bytes_of(address);
  const auto want = bytes_of(network.address);
  if (have.size() != want.size()) return false;
  for (unsigned bit = 0; bit < network.bits; ++bit) {
    const auto mask = 0x80U >> (bit % 8);
    if ((have[bit / 8] & mask) != (want[bit / 8] & mask)) return false;
  }
  return true;
}

// Those that are in one of the networks.
Names in_any(const Names& addresses, std::span<const Network> networks) {
  Names found;
  std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(found), [&](const std::string& address) {
    return std::any_of(networks.begin(), networks.end(),
                       [&](const Network& network) { return within(address, network); });
  });
  return found;
}

Finding not_resolved(const std::string& host, const Error& error) {
  if (error.code == ErrorCode::not_found) {
    return failed(host + " is not in DNS: no client finds the server by this name",
                  "publish an A or AAAA record of it, or correct the name (`hosts` in the identity directory)");
  }
  return failed(host + " cannot be looked up: " + error.message,
                "check /etc/resolv.conf and the network of this machine");
}

}  // namespace

Result<Names> resolve(const std::string& name, std::chrono::milliseconds limit) {
  // The resolver of the system takes its own time and cannot be stopped: its thread is left behind when it is late.
  auto promise = std::make_shared<std::promise<Result<Names>>>();
  auto answer = promise->get_future();
  std::thread([promise, name] { promise->set_value(ask(name)); }).detach();
  if (answer.wait_for(limit) == std::future_status::ready) return answer.get();
  return Error{ErrorCode::timeout, "the resolver does not answer in time"};
}

Names own_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, Free> owner(list);
  Names addresses;
  for (const auto* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (auto text = text_of(one->ifa_addr); !text.empty()) addresses.push_back(std::move(text));
  }
  return addresses;
}

Finding judge_addresses(const std::string& host, const Names& addresses, const Names& own) {
  const auto listed = fmt::format("{}", fmt::join(addresses, ", "));
  const auto seen = listed == host ? host : host + " is " + listed;
  // Those that the sentence is about, where there are others, too.
  const auto which = [&](const Names& some) {
    return some.size() == addresses.size() ? std::string(", which")
                                           : fmt::format(", of which {}", fmt::join(some, ", "));
  };
  if (const auto loopback = in_any(addresses, kLoopback); !loopback.empty()) {
    return warning(seen + which(loopback) + " leads every machine to itself: no client elsewhere comes here",
                   "give the server a name or an address that clients reach (see also /etc/hosts)");
  }
  if (const auto closed = in_any(addresses, kPrivate); !closed.empty()) {
    return warning(seen + which(closed) + " is private: only clients of the same network come here",
                   "publish the public address, unless only this network is to use the server; where this machine has "
                   "a DNS of its own network, ask one outside, too");
  }
  const bool ours = std::any_of(addresses.begin(), addresses.end(), [&](const std::string& address) {
    return std::find(own.begin(), own.end(), address) != own.end();
  });
  return fine(seen + (ours ? ", of this machine" : ", not of this machine: a router or a balancer has to lead here"));
}

Findings check_dns(const std::vector<smp::Host>& hosts) {
  const auto own = own_addresses();
  Findings findings;
  for (const auto& host : hosts) {
    if (host.kind == smp::HostKind::onion) {
      findings.push_back(skipped(host.name + " is never looked up in DNS"));
      continue;
    }
    const auto addresses = resolve(host.name, kLimit);
    findings.push_back(addresses ? judge_addresses(host.name, *addresses, own)
                                 : not_resolved(host.name, addresses.error()));
  }
  return findings;
}

}  // namespace sotto::cli
