// Socket: a byte stream to a Redis server, over TCP or over TLS over TCP. Threads: the I/O thread only. Whoever owns it
// keeps it alive until all handlers have been called, which close() hurries; those of connect() hold `done` until then,
// so `done` holds the owner.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "libs/base/result.hpp"
#include "libs/redis/options.hpp"

namespace sotto::redis {

class Socket {
 public:
  // `tls` may be null; it must outlive this.
  Socket(boost::asio::io_context& io, boost::asio::ssl::context* tls);

  // Looks up the name, connects and does the TLS handshake, in which the server's certificate must be for `server_name`
  // (empty: for the host). Once. connection_failed, or unauthenticated for a certificate that is not trusted.
  void connect(const Address& address, const std::string& server_name, std::function<void(Status)> done);

  template <class Buffer, class Handler>
  void read_some(const Buffer& buffer, Handler handler) {
    if (tls_) {
      tls_->async_read_some(buffer, std::move(handler));
    } else {
      socket_.async_read_some(buffer, std::move(handler));
    }
  }
  template <class Buffer, class Handler>
  void write(const Buffer& buffer, Handler handler) {
    if (tls_) {
      boost::asio::async_write(*tls_, buffer, std::move(handler));
    } else {
      boost::asio::async_write(socket_, buffer, std::move(handler));
    }
  }
  void close();

 private:
  using Results = boost::asio::ip::tcp::resolver::results_type;

  void connect_to(const Results& results);
  void connected();
  void shake_hands();
  void finish(Status status);

  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::string host_;
  std::string server_name_;
  std::function<void(Status)> done_;
};

}  // namespace sotto::redis
