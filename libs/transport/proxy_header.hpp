// The header of the PROXY protocol, version 2: what a balancer puts before the bytes of a client, so that we see where
// the client comes from (https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt, section 2.2). Version 1, a line
// of text, is not spoken. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <boost/asio/ip/address.hpp>

#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"

namespace sotto::transport {

// Signature, version, command, family, and the length of the rest.
inline constexpr std::size_t kProxyHeaderStart = 16;
// Of the rest: addresses take 36 bytes, what balancers add to them a few hundred. More is refused.
inline constexpr std::size_t kMaxProxyHeaderRest = 4096;

// How many bytes follow the first kProxyHeaderStart. invalid_argument, with what is wrong: these bytes begin no header
// of version 2, or it is too long.
Result<std::size_t> proxy_header_rest(ByteView start);

struct ProxyHeader {
  // Where the client comes from. Nothing: the balancer speaks for itself (LOCAL: it looks whether we are here), or for
  // a client that comes by neither IPv4 nor IPv6.
  std::optional<boost::asio::ip::address> source;
};

// `start` as above, `rest` as long as it said. invalid_argument: a command or transport that does not exist or is not
// TCP, or addresses that are cut off.
Result<ProxyHeader> parse_proxy_header(ByteView start, ByteView rest);

}  // namespace sotto::transport
