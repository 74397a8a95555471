#include "libs/observability/exposer.hpp"

#include <chrono>
#include <list>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

namespace sotto::metrics {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kMaxConnections = 64;
constexpr std::uint32_t kMaxRequest = 8 * 1024;
constexpr auto kTimeLimit = std::chrono::seconds(10);
// Out of file descriptors: accepting again at once would spin.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kTextType = "text/plain; charset=utf-8";

struct Answer {
  http::status status = http::status::ok;
  std::string_view type = kTextType;
  std::string body;
};

// What the answers are made of.
struct Sources {
  std::shared_ptr<prometheus::Collectable> metrics;
  const Health* health;
};

Answer readiness(const Health* health) {
  Answer answer;
  if (health == nullptr) return answer;
  const auto lines = health->lines();
  for (const auto& line : lines) {
    if (line.ok) {
      answer.body += fmt::format("ok {}\n", line.name);
    } else {
      answer.status = http::status::service_unavailable;
      answer.body += fmt::format("failed {}: {}\n", line.name, line.reason);
    }
  }
  return answer;
}

Answer answer_to(const http::request<http::empty_body>& request, const Sources& sources) {
  const auto target = request.target();
  const std::string_view path = std::string_view(target.data(), target.size()).substr(0, target.find('?'));
  const bool known = path == "/metrics" || path == "/livez" || path == "/readyz";
  if (!known) return {http::status::not_found, kTextType, "There are /metrics, /livez and /readyz.\n"};
  if (request.method() != http::verb::get) return {http::status::method_not_allowed, kTextType, "Use GET.\n"};
  if (path == "/livez") return {http::status::ok, kTextType, "ok\n"};
  if (path == "/readyz") return readiness(sources.health);
  return {http::status::ok, kMetricsType, prometheus::TextSerializer().Serialize(sources.metrics->Collect())};
}

// One connection: a request, its answer, the end. Kept alive by what it waits for; the server's thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Sources& sources) : stream_(std::move(socket)), sources_(sources) {
    parser_.header_limit(kMaxRequest);
    stream_.expires_after(kTimeLimit);  // of all that follows
  }

  void run() {
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](error_code error, std::size_t /*size*/) { self->on_request(error); });
  }

  // Whatever it waits for ends with an error.
  void close() { stream_.close(); }

 private:
  void on_request(error_code error) {
    if (!error) return send(answer_to(parser_.get(), sources_));
    if (error == http::error::header_limit) {
      return send({http::status::request_header_fields_too_large, kTextType, "The request is too large.\n"});
    }
    // What else the parser finds wrong, a body among it. Errors of the socket have other categories.
    const bool malformed =
        error.category() == make_error_code(http::error::bad_method).category() && error != http::error::end_of_stream;
    if (malformed) send({http::status::bad_request, kTextType, "This is no GET request.\n"});
  }

  void send(Answer answer) {
    response_.result(answer.status);
    response_.set(http::field::content_type, beast::string_view(answer.type.data(), answer.type.size()));
    response_.set(http::field::cache_control, "no-store");
    if (answer.status == http::status::method_not_allowed) response_.set(http::field::allow, "GET");
    response_.keep_alive(false);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, std::size_t /*size*/) {
      if (error) return;
      error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      self->wait_closed();
    });
  }

  // Closing while the client still sends would reset the connection, and might take the answer with it.
  void wait_closed() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kMaxRequest),
                            [self = shared_from_this()](error_code error, std::size_t /*size*/) {
                              if (!error) self->wait_closed();
                            });
  }

  beast::tcp_stream stream_;
  const Sources& sources_;
  beast::flat_buffer buffer_{2 * kMaxRequest};
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

class HttpExposer::Server {
 public:
  explicit Server(Sources sources) : sources_(std::move(sources)) {}
  ~Server() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
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
      add(std::move(socket));
      accept();
    });
  }

  void pause() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  void add(tcp::socket socket) {
    connections_.remove_if([](const auto& connection) { return connection.expired(); });
    if (connections_.size() >= kMaxConnections) {
      if (const auto oldest = connections_.front().lock()) oldest->close();
      connections_.pop_front();
    }
    const auto connection = std::make_shared<Connection>(std::move(socket), sources_);
    connections_.push_back(connection);
    connection->run();
  }

  const Sources sources_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  std::list<std::weak_ptr<Connection>> connections_;  // the oldest first; of the thread
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpExposer::HttpExposer(std::unique_ptr<Server> server) : server_(std::move(server)) {}
HttpExposer::HttpExposer(HttpExposer&&) noexcept = default;
HttpExposer& HttpExposer::operator=(HttpExposer&&) noexcept = default;
HttpExposer::~HttpExposer() = default;

Result<HttpExposer> HttpExposer::start(const Metrics& metrics, const std::string& address, std::uint16_t port,
                                       const Health* health) {
  auto server = std::make_unique<Server>(Sources{metrics.collectable(), health});
  if (const auto error = server->listen(address, port)) {
    const bool ipv6 = address.find(':') != std::string::npos;
    const auto endpoint = ipv6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
    return Error{ErrorCode::configuration,
                 fmt::format("metrics cannot listen on {}: {} (the port may be in use or need more rights, or the "
                             "address is not of this machine; set another metrics.listen)",
                             endpoint, error.message())};
  }
  server->start();
  return HttpExposer(std::move(server));
}

std::uint16_t HttpExposer::port() const {
  return server_->port();
}

}  // namespace sotto::metrics
