// Where an IP address leads: to the public Internet or to what a stranger must not make us connect to; and prefixes of
// addresses, as settings write them. Pure functions and values; any thread.
//
// IPv4-mapped IPv6 addresses (::ffff:192.0.2.1) are everywhere taken for the IPv4 addresses that they are.
#pragma once

#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "libs/base/result.hpp"

namespace sotto::dial {

// The IPv4 address that is mapped into this one; any other as it is.
boost::asio::ip::address unmapped(const boost::asio::ip::address& address);

// Whether it is a unicast address of the public Internet, by IANA's registries of special-purpose addresses (RFC 6890).
// Not so: loopback, private, shared (100.64.0.0/10), link-local, documentation, benchmarking, multicast, reserved …; of
// IPv6 all outside 2000::/3, where nothing is allocated to anyone. Addresses that hold an IPv4 address are as public as
// that one where NAT64 translates them (64:ff9b::/96), and not public where they are tunnels that nobody needs (6to4,
// Teredo).
bool is_public(const boost::asio::ip::address& address);

// All addresses that begin with the same bits. A plain value.
class AddressPrefix {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or one address: "192.0.2.1". invalid_argument, with what is wrong: also when bits
  // are set behind the length, and for IPv4-mapped IPv6, which is to be written as IPv4.
  static Result<AddressPrefix> parse(std::string_view text);

  [[nodiscard]] bool contains(const boost::asio::ip::address& address) const;
  friend bool operator==(const AddressPrefix&, const AddressPrefix&) = default;

 private:
  AddressPrefix(const boost::asio::ip::address& first, unsigned length) : first_(first), length_(length) {}

  boost::asio::ip::address first_;
  unsigned length_;  // in bits
};

}  // namespace sotto::dial
