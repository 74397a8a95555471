// Where tests connect to: listeners on any address of the loopback network, so that several share a port.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace sotto::dial {

// Accepts, by the kernel's hand: connections are made, and nobody takes them.
class Listening {
 public:
  explicit Listening(const std::string& address = "127.0.0.1", std::uint16_t port = 0,
                     int backlog = boost::asio::socket_base::max_listen_connections)
      : acceptor_(io_) {
    const tcp::endpoint endpoint(boost::asio::ip::make_address(address), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.bind(endpoint);
    acceptor_.listen(backlog);
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 protected:
  using tcp = boost::asio::ip::tcp;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
};

// Never answers a connection: its queue is full, and Linux drops what comes then.
class Silent : public Listening {
 public:
  explicit Silent(const std::string& address = "127.0.0.1", std::uint16_t port = 0)
      : Listening(address, port, 0), filling_(io_) {
    filling_.connect(acceptor_.local_endpoint());
  }

 private:
  tcp::socket filling_;
};

}  // namespace sotto::dial
