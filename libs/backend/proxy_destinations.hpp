// ProxyDestinations: which servers the proxy may connect to, as an administrator writes it (`sotto policy set`): a list
// of patterns. A value; any thread.
//
//   smp.example.com     this host
//   *.example.com       all hosts below it (and not itself)
//   192.0.2.0/24        addresses of a network, or one address; IPv6 likewise
//   !bad.example.com    not this one, whatever else the list says
//
// An empty list, or one of refusals only, allows everything else.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"

namespace sotto::backend {

class ProxyDestinations {
 public:
  // invalid_argument naming the pattern that is none.
  static Result<ProxyDestinations> parse(const std::vector<std::string>& patterns);

  enum class Verdict : std::uint8_t {
    allowed,     // but at an address that is refused
    refused,     // whatever its address
    by_address,  // only at an address that is allowed
  };
  // Of a host name, in any case, with or without a dot at its end.
  [[nodiscard]] Verdict host(std::string_view name) const;
  // Of an address that a host with this verdict has: 4 or 16 bytes.
  [[nodiscard]] bool address(ByteView address, Verdict host) const;
  // Whether anything depends on addresses.
  [[nodiscard]] bool names_networks() const { return !allowed_.networks.empty() || !refused_.networks.empty(); }

 private:
  struct Name {
    std::string text;    // in lower case
    bool below = false;  // the hosts below it
  };
  struct Network {
    std::array<std::uint8_t, 16> first{};
    std::size_t size = 0;  // 4 or 16
    unsigned bits = 0;
  };
  struct Side {
    std::vector<Name> names;
    std::vector<Network> networks;
  };
  static Result<Network> network(std::string_view text);
  static bool matches(const Side& side, std::string_view name);
  static bool matches(const Side& side, ByteView address);

  Side allowed_;
  Side refused_;
};

}  // namespace sotto::backend
