#include "libs/redis/socket.hpp"

#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace sotto::redis {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

Error failed(std::string what, const error_code& error) {
  return {ErrorCode::connection_failed, std::move(what) + ": " + error.message()};
}

}  // namespace

Socket::Socket(asio::io_context& io, asio::ssl::context* tls) : resolver_(io), socket_(io) {
  if (tls != nullptr) tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, *tls);
}

void Socket::connect(const Address& address, const std::string& server_name, std::function<void(Status)> done) {
  host_ = address.host;
  server_name_ = server_name.empty() ? host_ : server_name;
  done_ = std::move(done);
  error_code error;
  const auto ip = asio::ip::make_address(host_, error);
  if (!error) return connect_to(Results::create(tcp::endpoint(ip, address.port), host_, {}));
  resolver_.async_resolve(host_, std::to_string(address.port), tcp::resolver::numeric_service,
                          [this, done = done_](const error_code& failure, const Results& results) {
                            // A look-up that has begun is not cancelled by close(), and may find the name after it.
                            if (!done_) return;
                            if (failure) return finish(failed("the host name of Redis was not found", failure));
                            connect_to(results);
                          });
}

void Socket::connect_to(const Results& results) {
  asio::async_connect(socket_, results, [this, done = done_](const error_code& error, const tcp::endpoint& /*to*/) {
    if (!done_) return;
    if (error) return finish(failed("cannot connect to Redis", error));
    connected();
  });
}

void Socket::connected() {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  if (!tls_) return finish(ok_status());
  shake_hands();
}

void Socket::shake_hands() {
  error_code error;
  if (asio::ip::make_address(server_name_, error); error) {
    // SNI, which takes no IP addresses. As SSL_set_tlsext_host_name(), a macro with a C cast.
    SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, server_name_.data());
  }
  tls_->set_verify_callback(asio::ssl::host_name_verification(server_name_), error);
  tls_->async_handshake(asio::ssl::stream_base::client, [this, done = done_](const error_code& failure) {
    if (!failure) return finish(ok_status());
    ERR_clear_error();
    const auto verdict = SSL_get_verify_result(tls_->native_handle());
    if (verdict == X509_V_OK) return finish(failed("no TLS with Redis", failure));
    finish(Error{ErrorCode::unauthenticated,
                 "the certificate of Redis is not trusted: " + std::string(X509_verify_cert_error_string(verdict)) +
                     "; look at the CA file and at the name in the certificate"});
  });
}

void Socket::finish(Status status) {
  if (auto done = std::exchange(done_, nullptr)) done(std::move(status));
}

void Socket::close() {
  done_ = nullptr;
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace sotto::redis
