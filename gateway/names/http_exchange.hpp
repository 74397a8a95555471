// HttpExchange: one GET of a resolver of names, on a connection of its own, within a deadline. Owned by itself
// (shared_ptr) while it is under way. Thread of its io_context only.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "gateway/names/resolver_url.hpp"
#include "libs/base/result.hpp"

namespace sotto::gateway {

struct HttpAnswer {
  unsigned status = 0;
  std::string body;  // of 200 only: others are not read
};

class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  // connection_failed, timeout; exhausted: the answer is too large; protocol: it is no HTTP. Messages are for the log.
  using Done = std::function<void(Result<HttpAnswer>)>;

  // `url` must outlive it, and so must `tls`, which is needed for https.
  HttpExchange(boost::asio::io_context& io, const ResolverUrl& url, boost::asio::ssl::context& tls,
               std::size_t max_response, Done done);

  // `done` is called once, not before this returns.
  void start(const std::string& target, std::chrono::steady_clock::time_point deadline);
  // Ends it with this error, unless it has ended.
  void cancel(Error error) { finish(std::move(error)); }

 private:
  using tcp = boost::asio::ip::tcp;

  void look_up();
  void connect_to(const tcp::resolver::results_type& results);
  void shake_hands();
  void send();
  void read_header();
  void read_body();
  void failed(const char* what, const boost::system::error_code& error);
  void finish(Result<HttpAnswer> result);
  // Calls it with the stream that HTTP is spoken on.
  template <class Use>
  void with_stream(Use use);

  const ResolverUrl& url_;
  const std::size_t max_response_;
  Done done_;  // empty: it has ended
  tcp::resolver resolver_;
  tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
  boost::beast::http::request<boost::beast::http::empty_body> request_;
  boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace sotto::gateway
