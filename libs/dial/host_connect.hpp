// HostConnect: connects to one host, by its address or by its name: looks it up (DnsResolver), drops the addresses that
// may not be connected to, and lets the others race (HappyEyeballs), the first of them before all answers are there.
//
// Owned by whoever started it and by what is under way. Threads: everything on the one thread that runs the executor.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "libs/dial/dns_resolver.hpp"
#include "libs/dial/happy_eyeballs.hpp"
#include "libs/smp-client/failure.hpp"

namespace sotto::dial {

class HostConnect : public std::enable_shared_from_this<HostConnect> {
 public:
  using Outcome = HappyEyeballs::Outcome;
  using Handler = HappyEyeballs::Handler;
  using Address = boost::asio::ip::address;

  struct Target {
    std::variant<std::string, Address> host;
    std::uint16_t port = 0;
    // Which addresses may be connected to, which are never IPv4-mapped. Empty: all.
    std::function<bool(const Address&)> allowed;
  };

  // The handler is called once, never from within start(), and not any more after cancel(). Failures are those of
  // DnsAnswer and HappyEyeballs, and address_refused, of the layer dns for names and of the layer address for
  // addresses. `resolver` outlives it.
  static std::shared_ptr<HostConnect> start(const boost::asio::any_io_executor& executor, DnsResolver& resolver,
                                            const Target& target, std::chrono::milliseconds attempt_delay,
                                            Handler handler);
  void cancel();
  // Where it is: at the layer dns or tcp.
  [[nodiscard]] client::Layer layer() const { return racing_ ? client::Layer::tcp : client::Layer::dns; }

 private:
  explicit HostConnect(const boost::asio::any_io_executor& executor);
  // Addresses of one host that may be connected to; counts the others.
  std::vector<Address> usable(const std::vector<Address>& addresses);
  void connect_to(const Address& address);
  void answered(const DnsAnswer& answer);
  void race();
  void finish(Outcome outcome);

  boost::asio::any_io_executor executor_;
  std::function<bool(const Address&)> allowed_;
  Handler handler_;  // empty: cancelled, or it was called
  std::unique_ptr<DnsResolver::Lookup> lookup_;
  std::shared_ptr<HappyEyeballs> race_;
  boost::asio::steady_timer resolution_delay_;
  std::vector<Address> held_;  // IPv4 that waits for the answer about IPv6
  bool racing_ = false;
  bool refused_some_ = false;
  std::optional<client::Failure> dns_failure_;
};

}  // namespace sotto::dial
