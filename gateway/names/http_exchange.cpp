#include "gateway/names/http_exchange.hpp"

#include <limits>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace sotto::gateway {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr int kHttp11 = 11;
constexpr std::uint32_t kMaxHeader = 8 * 1024;
// Of one read; the parser takes what it holds.
constexpr std::size_t kBuffer = std::size_t{2} * kMaxHeader;

ErrorCode code_of(const error_code& error) {
  if (error == http::error::body_limit || error == http::error::header_limit || error == http::error::buffer_overflow) {
    return ErrorCode::exhausted;
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return ErrorCode::connection_failed;
  const bool of_http = error.category() == http::make_error_code(http::error::end_of_stream).category();
  return of_http ? ErrorCode::protocol : ErrorCode::connection_failed;
}

}  // namespace

HttpExchange::HttpExchange(asio::io_context& io, const ResolverUrl& url, asio::ssl::context& tls,
                           std::size_t max_response, Done done)
    : url_(url),
      max_response_(max_response),
      done_(std::move(done)),
      resolver_(io),
      socket_(io),
      deadline_(io),
      buffer_(kBuffer) {
  if (url_.tls) tls_.emplace(socket_, tls);
}

template <class Use>
void HttpExchange::with_stream(Use use) {
  if (tls_) return use(*tls_);
  use(socket_);
}

void HttpExchange::start(const std::string& target, std::chrono::steady_clock::time_point deadline) {
  request_.version(kHttp11);
  request_.method(http::verb::get);
  request_.target(target);
  request_.set(http::field::host, url_.authority());
  request_.set(http::field::accept, "application/json");
  request_.set(http::field::connection, "close");
  parser_.header_limit(kMaxHeader);
  // A large body is nothing to complain of where the status says it all: read_body() sets the limit.
  parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
  deadline_.expires_at(deadline);
  deadline_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->finish(Error{ErrorCode::timeout, "no answer in time"});
  });
  look_up();
}

void HttpExchange::look_up() {
  error_code error;
  const auto ip = asio::ip::make_address(url_.host, error);
  if (!error) return connect_to(tcp::resolver::results_type::create(tcp::endpoint(ip, url_.port), url_.host, {}));
  resolver_.async_resolve(url_.host, std::to_string(url_.port), tcp::resolver::numeric_service,
                          [self = shared_from_this()](const error_code& failure, const auto& results) {
                            if (!self->done_) return;
                            if (failure) return self->failed("the host name is not found", failure);
                            self->connect_to(results);
                          });
}

void HttpExchange::connect_to(const tcp::resolver::results_type& results) {
  asio::async_connect(socket_, results,
                      [self = shared_from_this()](const error_code& error, const tcp::endpoint& /*endpoint*/) {
                        if (!self->done_) return;
                        if (error) return self->failed("cannot connect", error);
                        error_code ignored;
                        self->socket_.set_option(tcp::no_delay(true), ignored);
                        if (self->tls_) return self->shake_hands();
                        self->send();
                      });
}

void HttpExchange::shake_hands() {
  error_code error;
  if (asio::ip::make_address(url_.host, error); error) {
    // SNI, which takes no IP addresses. As SSL_set_tlsext_host_name(), a macro with a C cast.
    auto host = url_.host;
    SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
  }
  tls_->set_verify_callback(asio::ssl::host_name_verification(url_.host), error);
  tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const error_code& failure) {
    // The thread's error queue would be taken for that of the next TLS connection.
    ERR_clear_error();
    if (!self->done_) return;
    if (!failure) return self->send();
    const auto verdict = SSL_get_verify_result(self->tls_->native_handle());
    if (verdict == X509_V_OK) return self->failed("no TLS", failure);
    self->finish(Error{ErrorCode::connection_failed, std::string("its certificate is not trusted: ") +
                                                         X509_verify_cert_error_string(verdict) +
                                                         "; look at names.ca_file and at the name in the certificate"});
  });
}

void HttpExchange::send() {
  with_stream([this](auto& stream) {
    http::async_write(stream, request_, [self = shared_from_this()](const error_code& error, std::size_t /*size*/) {
      if (!self->done_) return;
      if (error) return self->failed("cannot send", error);
      self->read_header();
    });
  });
}

void HttpExchange::read_header() {
  with_stream([this](auto& stream) {
    http::async_read_header(stream, buffer_, parser_,
                            [self = shared_from_this()](const error_code& error, std::size_t /*size*/) {
                              if (!self->done_) return;
                              if (error) return self->failed("no answer", error);
                              self->read_body();
                            });
  });
}

void HttpExchange::read_body() {
  const auto status = parser_.get().result();
  if (status != http::status::ok) return finish(HttpAnswer{parser_.get().result_int(), {}});
  if (const auto length = parser_.content_length(); length && *length > max_response_) {
    return failed("the answer is too large", http::error::body_limit);
  }
  parser_.body_limit(max_response_);
  with_stream([this](auto& stream) {
    http::async_read(stream, buffer_, parser_,
                     [self = shared_from_this()](const error_code& error, std::size_t /*size*/) {
                       if (!self->done_) return;
                       if (error) return self->failed("no whole answer", error);
                       self->finish(HttpAnswer{self->parser_.get().result_int(), self->parser_.release().body()});
                     });
  });
}

void HttpExchange::failed(const char* what, const error_code& error) {
  finish(Error{code_of(error), std::string(what) + ": " + error.message()});
}

void HttpExchange::finish(Result<HttpAnswer> result) {
  if (!done_) return;
  const auto keep = shared_from_this();
  const auto done = std::exchange(done_, nullptr);
  deadline_.cancel();
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
  done(std::move(result));
}

}  // namespace sotto::gateway
