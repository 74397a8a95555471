#include "libs/transport/proxy_header.hpp"

#include <algorithm>
#include <array>

namespace sotto::transport {
namespace {

namespace ip = boost::asio::ip;

constexpr std::array<std::uint8_t, 12> kSignature{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                                  0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr std::size_t kVersionAndCommand = 12;
constexpr std::size_t kFamilyAndTransport = 13;
constexpr std::size_t kLength = 14;

constexpr unsigned kVersion2 = 2;
enum Command : unsigned { kLocal = 0, kProxied = 1 };
enum Family : unsigned { kUnspecified = 0, kIpv4 = 1, kIpv6 = 2, kUnix = 3 };
enum Transport : unsigned { kUnspecifiedTransport = 0, kStream = 1 };

// Source and destination, then their ports.
constexpr std::size_t kIpv4Addresses = 12;
constexpr std::size_t kIpv6Addresses = 36;

Error refused(const char* what) {
  return {ErrorCode::invalid_argument, what};
}

template <class Address>
Result<ProxyHeader> source_of(ByteView rest, std::size_t addresses) {
  if (rest.size() < addresses) return refused("its addresses are cut off");
  typename Address::bytes_type bytes;
  std::copy_n(rest.begin(), bytes.size(), bytes.begin());
  return ProxyHeader{ip::address(Address(bytes))};
}

}  // namespace

Result<std::size_t> proxy_header_rest(ByteView start) {
  if (start.size() < kProxyHeaderStart || !std::equal(kSignature.begin(), kSignature.end(), start.begin())) {
    return refused("no header of the PROXY protocol, version 2");
  }
  if (start[kVersionAndCommand] >> 4U != kVersion2) return refused("a version of the PROXY protocol that is not 2");
  const auto rest = (std::size_t{start[kLength]} << 8U) | start[kLength + 1];
  if (rest > kMaxProxyHeaderRest) return refused("a header of the PROXY protocol that is too long");
  return rest;
}

Result<ProxyHeader> parse_proxy_header(ByteView start, ByteView rest) {
  const unsigned command = start[kVersionAndCommand] & 0x0FU;
  // Whatever else a LOCAL header says is to be passed over.
  if (command == kLocal) return ProxyHeader{};
  if (command != kProxied) return refused("a command of the PROXY protocol that does not exist");
  const unsigned family = start[kFamilyAndTransport] >> 4U;
  const unsigned transport = start[kFamilyAndTransport] & 0x0FU;
  if (family == kUnspecified && transport == kUnspecifiedTransport) return ProxyHeader{};
  if (transport != kStream) return refused("a transport that is not TCP");
  if (family == kIpv4) return source_of<ip::address_v4>(rest, kIpv4Addresses);
  if (family == kIpv6) return source_of<ip::address_v6>(rest, kIpv6Addresses);
  if (family == kUnix) return ProxyHeader{};
  return refused("a family of addresses that does not exist");
}

}  // namespace sotto::transport
