// Dialer: makes the TCP connection to a server for a Connector that is given one, where the Connector's own way (each
// host and address in turn, DNS as the system does it) will not do: for whoever connects to what strangers name.
//
// Threads: everything on one thread, that of the connectors which use it. It outlives what they dial.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "libs/smp-client/failure.hpp"
#include "libs/smp/address.hpp"

namespace sotto::client {

struct Destination {
  std::vector<smp::Host> hosts;  // alternatives; which come first is the dialer's to say
  std::uint16_t port = smp::kDefaultPort;
  // Which addresses may be connected to, beside what the dialer refuses by itself. Empty: all others.
  std::function<bool(const boost::asio::ip::address&)> permitted;
};

class Dialer {
 public:
  using Outcome = std::variant<boost::asio::ip::tcp::socket, Failure>;
  using Handler = std::function<void(Outcome)>;

  // One dialling, under way until its handler was called. Whoever began it holds it; letting go of it cancels it.
  class Attempt {
   public:
    Attempt() = default;
    virtual ~Attempt() = default;
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
  };

  virtual ~Dialer() = default;
  // `done` is called once, never from within dial(), and not any more once the attempt is let go of. Failures are of
  // the layers address, dns and tcp; how long it may take is the caller's to say, by letting go.
  [[nodiscard]] virtual std::unique_ptr<Attempt> dial(Destination destination, Handler done) = 0;
};

}  // namespace sotto::client
