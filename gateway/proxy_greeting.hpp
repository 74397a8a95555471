// ProxyGreeting: the first bytes of a connection that comes through a balancer, which say where the client comes from
// (libs/transport/proxy_header.hpp). It reads these and not one byte more: what follows is TLS, and the connection's.
// Held by its worker and by the wait that is pending; I/O thread of that worker only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/close_reason.hpp"
#include "libs/transport/proxy_header.hpp"

namespace sotto::gateway {

class ProxyGreeting : public std::enable_shared_from_this<ProxyGreeting> {
 public:
  // The address is where the client comes from; nothing when the header names nobody.
  using Greeted = std::function<void(boost::asio::ip::tcp::socket, const std::optional<boost::asio::ip::address>&)>;
  using Failed = std::function<void(CloseReason)>;
  explicit ProxyGreeting(boost::asio::ip::tcp::socket socket);

  // One of them is called, once, unless close() comes first.
  void start(Greeted greeted, Failed failed);
  // Nothing is called after it.
  void close();
  [[nodiscard]] std::chrono::steady_clock::time_point since() const { return since_; }

 private:
  void read();
  void have_all();
  void fail(CloseReason reason);

  boost::asio::ip::tcp::socket socket_;
  Greeted greeted_;
  Failed failed_;
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  Bytes bytes_;
  std::size_t have_ = 0;
  bool start_read_ = false;
};

}  // namespace sotto::gateway
