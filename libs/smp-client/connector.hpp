// Connector: makes one connection: tries the hosts and their addresses in turn, then TLS and the SMP handshake, all
// within ConnectOptions::timeout. A name that ends in .onion is never given to DNS.
//
// Threads: everything on the thread that runs the executor. Lives until its handler has been called.
#pragma once

#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "libs/smp-client/client_connection.hpp"
#include "libs/smp-client/connect_options.hpp"
#include "libs/smp-client/dialer.hpp"

namespace sotto::client {

using ConnectOutcome = std::variant<std::shared_ptr<ClientConnection>, Failure>;

class Connector : public std::enable_shared_from_this<Connector> {
 public:
  using Handler = std::function<void(ConnectOutcome)>;

  // The handler is called once, never from within start(); not after cancel(). A connection that it is given should
  // get its listener there and then.
  static std::shared_ptr<Connector> start(const boost::asio::any_io_executor& executor,
                                          std::shared_ptr<const ConnectOptions> options, Handler handler);
  void cancel();

 private:
  Connector(const boost::asio::any_io_executor& executor, std::shared_ptr<const ConnectOptions> options,
            Handler handler);
  void run();
  // With ConnectOptions::dialer, instead of the four below.
  void dial();
  void next_host();
  void resolved(const boost::system::error_code& error, const boost::asio::ip::tcp::resolver::results_type& results);
  void next_endpoint();
  void connected(const boost::system::error_code& error);
  void handshake();
  // Reports why this host or address (`where`) did not work, and remembers the last one that got furthest.
  void note(Failure failed, const std::string& where);
  void report(Layer layer, bool passed, std::string detail);
  void timed_out();
  void finish(ConnectOutcome outcome);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<const ConnectOptions> options_;
  std::shared_ptr<const transport::TlsContext> tls_;
  Handler handler_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer attempt_deadline_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Dialer::Attempt> attempt_;
  std::shared_ptr<ClientConnection> connection_;
  std::vector<smp::Host> hosts_;
  std::size_t host_index_ = 0;
  std::vector<boost::asio::ip::tcp::endpoint> endpoints_;
  std::size_t endpoint_index_ = 0;
  std::optional<Failure> failure_;
  Layer layer_ = Layer::address;
  SteadyTime step_started_;
};

}  // namespace sotto::client
