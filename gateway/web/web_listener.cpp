#include "gateway/web/web_listener.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "gateway/web/visitor.hpp"

namespace sotto::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Out of file descriptors: accepting again at once would spin.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

class WebListener::Server {
 public:
  Server(const WebPages& pages, WebCounters& counters) : visitors_(pages, counters) {}
  ~Server() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
    visitors_.close_all();
    io_.restart();
    io_.poll();  // what was waited for lets go of the visitors
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  error_code listen(const std::string& address, std::uint16_t port) {
    error_code error;
    const tcp::endpoint endpoint(asio::ip::make_address(address, error), port);
    if (!error) acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    return error;
  }

  void start() {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error) return pause();
      visitors_.add({std::move(socket), nullptr});
      accept();
    });
  }

  void pause() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  Visitors visitors_;  // of the thread
  std::uint16_t port_ = 0;
  std::thread thread_;
};

WebListener::WebListener(std::unique_ptr<Server> server) : server_(std::move(server)) {}
WebListener::~WebListener() = default;

Result<std::unique_ptr<WebListener>> WebListener::start(const std::string& address, std::uint16_t port,
                                                        const WebPages& pages, WebCounters& counters) {
  auto server = std::make_unique<Server>(pages, counters);
  if (const auto error = server->listen(address, port)) {
    return Error{
        ErrorCode::configuration,
        fmt::format("the web page cannot listen on {} port {}: {} (the port may be in use or need more rights, "
                    "or the address is not of this machine; set another web.listen)",
                    address, port, error.message())};
  }
  server->start();
  return std::unique_ptr<WebListener>(new WebListener(std::move(server)));
}

std::uint16_t WebListener::port() const {
  return server_->port();
}

}  // namespace sotto::gateway
