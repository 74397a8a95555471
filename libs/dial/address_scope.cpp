#include "libs/dial/address_scope.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sotto::dial {

namespace ip = boost::asio::ip;

namespace {

using Octets = std::span<const std::uint8_t>;

// Whether the first `length` bits are the same; both are at least as long.
bool same_bits(Octets a, Octets b, unsigned length) {
  const std::size_t whole = length / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = length % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

struct Prefix4 {
  std::array<std::uint8_t, 4> first;
  unsigned length;
};

constexpr std::array<Prefix4, 16> kSpecial4{{
    {{0, 0, 0, 0}, 8},           // "this network", RFC 791
    {{10, 0, 0, 0}, 8},          // private, RFC 1918
    {{100, 64, 0, 0}, 10},       // shared by a provider's customers, RFC 6598
    {{127, 0, 0, 0}, 8},         // loopback, RFC 1122
    {{169, 254, 0, 0}, 16},      // link-local, RFC 3927
    {{172, 16, 0, 0}, 12},       // private, RFC 1918
    {{192, 0, 0, 0}, 24},        // protocol assignments, RFC 6890
    {{192, 0, 2, 0}, 24},        // TEST-NET-1, RFC 5737
    {{192, 88, 99, 0}, 24},      // relays of 6to4, RFC 7526
    {{192, 168, 0, 0}, 16},      // private, RFC 1918
    {{198, 18, 0, 0}, 15},       // benchmarking, RFC 2544
    {{198, 51, 100, 0}, 24},     // TEST-NET-2, RFC 5737
    {{203, 0, 113, 0}, 24},      // TEST-NET-3, RFC 5737
    {{224, 0, 0, 0}, 4},         // multicast, RFC 5771
    {{240, 0, 0, 0}, 4},         // reserved, RFC 1112
    {{255, 255, 255, 255}, 32},  // broadcast, RFC 8190
}};

struct Prefix6 {
  std::array<std::uint8_t, 16> first;
  unsigned length;
};

constexpr Prefix6 kGlobalUnicast{{0x20}, 3};               // RFC 4291
constexpr Prefix6 kTranslated{{0, 0x64, 0xff, 0x9b}, 96};  // RFC 6052: IPv4 in the last four octets
// Within kGlobalUnicast.
constexpr std::array<Prefix6, 4> kSpecial6{{
    {{0x20, 0x01}, 23},              // protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID …
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation, RFC 3849
    {{0x20, 0x02}, 16},              // 6to4, RFC 7526
    {{0x3f, 0xff}, 20},              // documentation, RFC 9637
}};

bool is_public4(const ip::address_v4& address) {
  const auto bytes = address.to_bytes();
  return std::none_of(kSpecial4.begin(), kSpecial4.end(),
                      [&](const Prefix4& special) { return same_bits(bytes, special.first, special.length); });
}

bool is_public6(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  const auto within = [&](const Prefix6& prefix) { return same_bits(bytes, prefix.first, prefix.length); };
  if (within(kTranslated)) return is_public4(ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]}));
  return within(kGlobalUnicast) && std::none_of(kSpecial6.begin(), kSpecial6.end(), within);
}

Error bad(std::string what) {
  return {ErrorCode::invalid_argument, std::move(what)};
}

// Whether a bit is set behind the first `length`.
bool has_more(Octets bytes, unsigned length) {
  for (std::size_t bit = length; bit < bytes.size() * 8; ++bit) {
    if ((bytes[bit / 8] & (0x80U >> (bit % 8))) != 0) return true;
  }
  return false;
}

}  // namespace

ip::address unmapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

bool is_public(const ip::address& address) {
  const auto plain = unmapped(address);
  return plain.is_v4() ? is_public4(plain.to_v4()) : is_public6(plain.to_v6());
}

Result<AddressPrefix> AddressPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string first_text(text.substr(0, slash));
  boost::system::error_code error;
  const auto first = ip::make_address(first_text, error);
  if (error || first_text.find('%') != std::string::npos) {
    return bad("no IP address: write for example 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1");
  }
  if (unmapped(first) != first) return bad("an IPv4 address that is written as IPv6: write it as IPv4");
  const unsigned bits = first.is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return AddressPrefix(first, bits);

  const auto length_text = text.substr(slash + 1);
  const auto* const end = length_text.data() + length_text.size();
  unsigned length = 0;
  const auto [parsed, failure] = std::from_chars(length_text.data(), end, length);
  if (failure != std::errc{} || parsed != end || length > bits) {
    return bad("the length after the '/' is not a number from 0 to " + std::to_string(bits));
  }
  const bool beyond =
      first.is_v4() ? has_more(first.to_v4().to_bytes(), length) : has_more(first.to_v6().to_bytes(), length);
  if (beyond) {
    return bad("the address has bits set behind its first " + std::to_string(length) +
               ": write the first address of the range");
  }
  return AddressPrefix(first, length);
}

bool AddressPrefix::contains(const ip::address& address) const {
  const auto plain = unmapped(address);
  if (plain.is_v4() != first_.is_v4()) return false;
  return plain.is_v4() ? same_bits(plain.to_v4().to_bytes(), first_.to_v4().to_bytes(), length_)
                       : same_bits(plain.to_v6().to_bytes(), first_.to_v6().to_bytes(), length_);
}

}  // namespace sotto::dial
