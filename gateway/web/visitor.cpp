#include "gateway/web/visitor.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sotto::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxRequest = 8 * 1024;
constexpr auto kTimeLimit = std::chrono::seconds(10);

// Nothing runs, nothing comes from elsewhere, nobody puts the page in a frame.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view kNotFound =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Not found</title></head>"
    "<body><p>There is no such page. <a href=\"/\">About this server</a></p></body></html>\n";

}  // namespace

class Visitor : public std::enable_shared_from_this<Visitor> {
 public:
  Visitor(transport::TlsSocket connection, const WebPages& pages, WebCounters& counters)
      : socket_(std::move(connection.socket)),
        ssl_(connection.ssl),
        pages_(pages),
        counters_(counters),
        deadline_(socket_.get_executor()) {
    parser_.header_limit(kMaxRequest);
    parser_.eager(true);
  }
  ~Visitor() {
    close();
    SSL_free(ssl_);
  }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  void start() {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    deadline_.expires_after(kTimeLimit);
    deadline_.async_wait([self = weak_from_this()](error_code error) {
      const auto visitor = self.lock();
      if (!error && visitor) visitor->close();
    });
    read();
  }

  void close() {
    deadline_.cancel();
    if (!socket_.is_open()) return;
    if (ssl_ != nullptr && !broken_) {
      ERR_clear_error();
      SSL_shutdown(ssl_);
      ERR_clear_error();
    }
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

 private:
  enum class Wait : std::uint8_t { none, readable, writable, never };

  // Bytes read, or what to wait for.
  std::pair<std::size_t, Wait> read_some(char* data, std::size_t size) {
    std::size_t count = 0;
    if (ssl_ == nullptr) {
      error_code error;
      count = socket_.read_some(asio::buffer(data, size), error);
      if (error == asio::error::would_block) return {0, Wait::readable};
      return {count, error ? Wait::never : Wait::none};
    }
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, data, size, &count);
    return {count, result == 1 ? Wait::none : wanted(result)};
  }

  std::pair<std::size_t, Wait> write_some(const char* data, std::size_t size) {
    std::size_t count = 0;
    if (ssl_ == nullptr) {
      error_code error;
      count = socket_.write_some(asio::buffer(data, size), error);
      if (error == asio::error::would_block) return {0, Wait::writable};
      return {count, error ? Wait::never : Wait::none};
    }
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, data, size, &count);
    return {count, result == 1 ? Wait::none : wanted(result)};
  }

  Wait wanted(int result) {
    const int error = SSL_get_error(ssl_, result);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ) return Wait::readable;
    if (error == SSL_ERROR_WANT_WRITE) return Wait::writable;
    broken_ = error != SSL_ERROR_ZERO_RETURN;
    return Wait::never;
  }

  template <class Step>
  void wait(Wait what, Step step) {
    if (what == Wait::never) return close();
    socket_.async_wait(what == Wait::readable ? tcp::socket::wait_read : tcp::socket::wait_write,
                       [self = shared_from_this(), step](error_code error) {
                         if (!self->socket_.is_open()) return;
                         error ? self->close() : ((*self).*step)();
                       });
  }

  void read() {
    std::array<char, kMaxRequest> bytes{};
    for (;;) {
      const auto [count, what] = read_some(bytes.data(), bytes.size());
      if (what != Wait::none) return wait(what, &Visitor::read);
      const auto room = buffer_.prepare(count);
      asio::buffer_copy(room, asio::buffer(bytes.data(), count));
      buffer_.commit(count);
      error_code error;
      buffer_.consume(parser_.put(buffer_.data(), error));
      if (error == http::error::need_more && buffer_.size() < kMaxRequest) continue;
      if (error) return refuse(error);
      if (parser_.is_done()) return answer();
    }
  }

  void refuse(const error_code& error) {
    counters_.refused.fetch_add(1, std::memory_order_relaxed);
    const bool large = error == http::error::header_limit || error == http::error::need_more;
    respond(large ? http::status::request_header_fields_too_large : http::status::bad_request,
            "text/plain; charset=utf-8", large ? "The request is too large.\n" : "This is no GET request.\n", false);
  }

  void answer() {
    const auto& request = parser_.get();
    head_ = request.method() == http::verb::head;
    if (request.method() != http::verb::get && !head_) {
      counters_.refused.fetch_add(1, std::memory_order_relaxed);
      return respond(http::status::method_not_allowed, "text/plain; charset=utf-8", "Use GET.\n", false);
    }
    const auto target = request.target();
    const std::string_view path = std::string_view(target.data(), target.size()).substr(0, target.find('?'));
    auto page = pages_.find(path);
    auto& counter = page ? counters_.shown : counters_.not_found;
    counter.fetch_add(1, std::memory_order_relaxed);
    if (!page) return respond(http::status::not_found, "text/html; charset=utf-8", std::string(kNotFound), false);
    respond(http::status::ok, "text/html; charset=utf-8", std::move(page->body), page->indexed);
  }

  void respond(http::status status, const char* type, std::string body, bool indexed) {
    http::response<http::string_body> response(status, 11);
    response.set(http::field::content_type, type);
    response.set(http::field::cache_control, "no-cache");
    response.set("Content-Security-Policy", kPolicy);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    if (status == http::status::method_not_allowed) response.set(http::field::allow, "GET, HEAD");
    if (!indexed) response.set("X-Robots-Tag", "noindex");
    response.keep_alive(false);
    response.body() = std::move(body);
    response.prepare_payload();
    std::ostringstream text;
    if (head_) {
      text << response.base();
    } else {
      text << response;
    }
    output_ = text.str();
    write();
  }

  void write() {
    while (written_ < output_.size()) {
      const auto [count, what] = write_some(output_.data() + written_, output_.size() - written_);
      if (what != Wait::none) return wait(what, &Visitor::write);
      written_ += count;
    }
    // Closing while the browser still sends would reset the connection, and might take the answer with it.
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    drain();
  }

  void drain() {
    std::array<char, 1024> bytes{};
    for (;;) {
      error_code error;
      socket_.read_some(asio::buffer(bytes), error);
      if (error == asio::error::would_block) return wait(Wait::readable, &Visitor::drain);
      if (error) {
        broken_ = true;  // nothing more to say over TLS
        return close();
      }
    }
  }

  tcp::socket socket_;
  SSL* ssl_;
  const WebPages& pages_;
  WebCounters& counters_;
  asio::steady_timer deadline_;
  beast::flat_buffer buffer_{2 * kMaxRequest};
  http::request_parser<http::empty_body> parser_;
  std::string output_;
  std::size_t written_ = 0;
  bool head_ = false;
  bool broken_ = false;  // of TLS: nothing may be said any more
};

Visitors::~Visitors() {
  close_all();
}

void Visitors::add(transport::TlsSocket connection) {
  visitors_.remove_if([](const auto& visitor) { return visitor.expired(); });
  if (visitors_.size() >= kMaxVisitors) {
    if (const auto oldest = visitors_.front().lock()) oldest->close();
    visitors_.pop_front();
  }
  const auto visitor = std::make_shared<Visitor>(std::move(connection), pages_, counters_);
  visitors_.push_back(visitor);
  visitor->start();
}

void Visitors::close_all() {
  for (const auto& weak : std::exchange(visitors_, {})) {
    if (const auto visitor = weak.lock()) visitor->close();
  }
}

}  // namespace sotto::gateway
