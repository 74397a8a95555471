// GuardedDialer: connects to servers that strangers name, by what its options allow: which hosts of a server are used,
// which of them through a SOCKS proxy, and no address that is not public (address_scope.hpp) or allowed by name. Names
// of Tor are never looked up. A Dialer for the Connector of libs/smp-client.
//
// It guards what it connects to itself. Behind a SOCKS proxy names are the proxy's to look up, and only addresses that
// are written as such, and names that mean this machine everywhere, are refused here: the proxy refuses its own.
//
// Bounds of one dialling: kMaxHosts hosts in turn, 2 * kMaxAddressesOfFamily addresses of each at once; of all: the
// look-ups of DnsOptions. How many diallings there are is the caller's to bound, and how long each may take.
//
// Owned by whoever dials, and outlives what it dials. Threads: everything on the one thread that runs the executor.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>

#include "libs/dial/address_scope.hpp"
#include "libs/dial/dns_resolver.hpp"
#include "libs/dial/happy_eyeballs.hpp"
#include "libs/dial/socks5.hpp"
#include "libs/smp-client/dialer.hpp"

namespace sotto::dial {

// Of the hosts that a server has, how many are tried; the others are ignored.
inline constexpr std::size_t kMaxHosts = 8;

enum class HostMode : std::uint8_t {
  public_hosts,  // those that are not .onion
  onion,         // .onion hosts
};

enum class SocksMode : std::uint8_t {
  onion,   // .onion hosts through the proxy, all others without it
  always,  // everything through the proxy, names as they are: nothing is looked up but the proxy
};

struct SocksProxy {
  std::string host;  // a name or an address, which may be any: an administrator says it
  std::uint16_t port = 0;
};

struct DialOptions {
  // Which hosts of a server are used. Where it has none of them that can be connected to, the others are, unless that
  // is forbidden by `required_host_mode`.
  HostMode host_mode = HostMode::public_hosts;
  bool required_host_mode = false;
  // .onion hosts can be connected to only with it.
  std::optional<SocksProxy> socks;
  SocksMode socks_mode = SocksMode::onion;
  // Addresses that are not public and may be connected to nevertheless.
  std::vector<AddressPrefix> private_networks;
  // How long one host may take, from its name to the connection, while others are left to try.
  std::chrono::milliseconds host_timeout{5'000};
  std::chrono::milliseconds attempt_delay = kAttemptDelay;
  DnsOptions dns;
};

class GuardedDialer final : public client::Dialer {
 public:
  // Precondition: crypto::initialise() was called. With SocksMode::always there is a proxy.
  GuardedDialer(const boost::asio::any_io_executor& executor, DialOptions options);
  GuardedDialer(const GuardedDialer&) = delete;
  GuardedDialer& operator=(const GuardedDialer&) = delete;

  // Failures, beside those of HostConnect and Socks5: onion_host of the layer address, where no host can be used by the
  // options; address_refused; timeout of the layer dns or tcp, for a host that took too long. Of several hosts, the
  // failure of the one that got furthest. Messages hold neither names nor addresses.
  [[nodiscard]] std::unique_ptr<Attempt> dial(client::Destination destination, Handler done) override;

 private:
  class Dialling;
  class Held;

  // Whether an address may be connected to, by the options alone.
  [[nodiscard]] bool allows(const boost::asio::ip::address& address) const;
  [[nodiscard]] bool by_proxy(const smp::Host& host) const;
  // Hosts of the destination that can be used, in the order in which they are.
  [[nodiscard]] std::vector<smp::Host> chosen(const std::vector<smp::Host>& hosts) const;
  // Others for each destination, the same for the same one: a proxy that keeps the connections of each name apart
  // (Tor's IsolateSOCKSAuth) lets nobody see that two servers are asked by the same client. Nobody else can tell which
  // is whose.
  [[nodiscard]] SocksCredentials credentials_for(const client::Destination& destination) const;

  boost::asio::any_io_executor executor_;
  const DialOptions options_;
  DnsResolver resolver_;
  std::array<std::uint8_t, 32> key_{};  // of the names for the proxy
};

}  // namespace sotto::dial
