#include "admin-cli/kubernetes/api_server.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/kubernetes/wiping_allocator.hpp"
#include "libs/config/value.hpp"
#include "libs/runtime/version.hpp"

namespace sotto::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kHttp11 = 11;
constexpr std::uint32_t kMaxHeader = 64 * 1024;
// A Secret has 1 MiB at most, which base64 makes longer, and metadata.
constexpr std::uint64_t kMaxAnswer = std::uint64_t{4} << 20U;

using Allocator = WipingAllocator<char>;
using Buffer = beast::basic_flat_buffer<Allocator>;
using Request = http::request<http::span_body<const char>, http::basic_fields<Allocator>>;
using Parser = http::response_parser<http::basic_string_body<char, std::char_traits<char>, Allocator>, Allocator>;

struct Authority {
  std::string host;
  std::string port;
};

Result<Authority> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  const Error wrong{ErrorCode::invalid_argument, "the URL of the API server is not like https://10.96.0.1:443"};
  if (!url.starts_with(kScheme)) return wrong;
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  std::string_view host = url;
  std::string_view port = "443";
  if (const auto colon = url.rfind(':'); colon != std::string_view::npos && !url.ends_with(']')) {
    host = url.substr(0, colon);
    port = url.substr(colon + 1);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':';
  };
  if (host.empty() || !std::all_of(host.begin(), host.end(), fits)) return wrong;
  if (!config::parse_integer(port, {1, 65535})) return wrong;
  return Authority{std::string(host), std::string(port)};
}

bool is_ip(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// One request on a connection of its own. Its io_context runs in the calling thread, during calls only.
class Exchange {
 public:
  Exchange(const std::string& host, const std::string& port, const std::string& ca_pem,
           std::chrono::milliseconds timeout)
      : host_(host), port_(port), deadline_(std::chrono::steady_clock::now() + timeout) {
    error_code error;
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    tls_.add_certificate_authority(asio::buffer(ca_pem), error);
    ERR_clear_error();
  }

  Result<ApiAnswer> run(const Request& request) {
    if (auto status = connect(); !status) return status.error();
    if (auto status = shake_hands(); !status) return status.error();
    Parser parser;
    parser.header_limit(kMaxHeader);
    parser.body_limit(kMaxAnswer);
    auto error = wait([&](auto done) { http::async_write(stream_, request, std::move(done)); });
    if (error) return failed("the request cannot be sent", error);
    error = wait([&](auto done) { http::async_read(stream_, buffer_, parser, std::move(done)); });
    if (error) return failed("no answer", error);
    const auto& body = parser.get().body();
    return ApiAnswer{parser.get().result_int(), SecretString(std::string(body.begin(), body.end()))};
  }

 private:
  // Starts an operation and runs until it ends, or the time is over, which ends it, too.
  template <class Start>
  error_code wait(Start start) {
    error_code result = asio::error::operation_aborted;
    start([&result](const error_code& error, auto&&... /*unused*/) { result = error; });
    io_.restart();
    io_.run_until(deadline_);
    if (io_.stopped()) return result;
    error_code ignored;
    resolver_.cancel();
    stream_.lowest_layer().close(ignored);
    io_.run();
    return asio::error::timed_out;
  }

  static Error failed(const std::string& what, const error_code& error) {
    if (error == asio::error::timed_out) return {ErrorCode::timeout, "the API server: no answer in time"};
    const bool of_http = error.category() == http::make_error_code(http::error::end_of_stream).category() &&
                         error != http::error::end_of_stream && error != http::error::partial_message;
    return {of_http ? ErrorCode::protocol : ErrorCode::connection_failed,
            "the API server: " + what + ": " + error.message()};
  }

  Status connect() {
    tcp::resolver::results_type found;
    auto error = wait([&](auto done) {
      resolver_.async_resolve(host_, port_, tcp::resolver::numeric_service,
                              [&found, done](const error_code& failure, const auto& results) mutable {
                                found = results;
                                done(failure);
                              });
    });
    if (error) return failed("its host is not found", error);
    error = wait([&](auto done) { asio::async_connect(stream_.lowest_layer(), found, std::move(done)); });
    if (error) return failed("cannot connect", error);
    return ok_status();
  }

  Status shake_hands() {
    if (!is_ip(host_)) {
      // SNI, which takes no IP addresses. As SSL_set_tlsext_host_name(), a macro with a C cast.
      auto host = host_;
      SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
    }
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(host_));
    const auto error =
        wait([&](auto done) { stream_.async_handshake(asio::ssl::stream_base::client, std::move(done)); });
    // The thread's error queue would be taken for that of the next TLS connection.
    ERR_clear_error();
    if (!error) return ok_status();
    const auto verdict = SSL_get_verify_result(stream_.native_handle());
    if (verdict == X509_V_OK || error == asio::error::timed_out) return failed("no TLS", error);
    return Error{ErrorCode::unauthenticated, std::string("the API server: its certificate is not trusted: ") +
                                                 X509_verify_cert_error_string(verdict) +
                                                 "; look at --api-server and --api-ca-file"};
  }

  const std::string& host_;
  const std::string& port_;
  const std::chrono::steady_clock::time_point deadline_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  asio::io_context io_{1};
  tcp::resolver resolver_{io_};
  asio::ssl::stream<tcp::socket> stream_{io_, tls_};
  Buffer buffer_;
};

Request make_request(http::verb verb, const std::string& target, const std::string& host, const std::string& port,
                     const SecretString& token) {
  Request request(verb, target, kHttp11);
  request.set(http::field::host, (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port);
  request.set(http::field::user_agent, "sotto/" + std::string(runtime::version()));
  request.set(http::field::accept, "application/json");
  request.set(http::field::connection, "close");
  std::basic_string<char, std::char_traits<char>, Allocator> authorization = "Bearer ";
  authorization += token.expose();
  request.set(http::field::authorization, beast::string_view(authorization.data(), authorization.size()));
  return request;
}

Result<SecretString> read_token(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) return text.error();
  SecretString token{std::string(trimmed(*text))};
  wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  const auto in = token.expose();
  // Anything else would end the line of the header, or the header.
  if (in.empty() || !std::all_of(in.begin(), in.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    return Error{ErrorCode::configuration, file.string() + ": holds no token"};
  }
  return token;
}

}  // namespace

Result<ApiServer> ApiServer::open(const ApiServerOptions& options) {
  auto authority = parse_url(options.url);
  if (!authority) return authority.error();
  ApiServer server;
  server.host_ = std::move(authority->host);
  server.port_ = std::move(authority->port);
  server.timeout_ = options.timeout;
  auto token = read_token(options.token_file);
  if (!token) return token.error();
  server.token_ = *std::move(token);
  auto pem = read_file(options.ca_file);
  if (!pem) return pem.error();
  error_code error;
  asio::ssl::context(asio::ssl::context::tls_client).add_certificate_authority(asio::buffer(*pem), error);
  ERR_clear_error();
  if (error) return Error{ErrorCode::configuration, options.ca_file.string() + ": holds no certificate (PEM)"};
  server.ca_pem_ = *std::move(pem);
  return server;
}

Result<ApiAnswer> ApiServer::get(const std::string& target) const {
  return Exchange(host_, port_, ca_pem_, timeout_).run(make_request(http::verb::get, target, host_, port_, token_));
}

Result<ApiAnswer> ApiServer::post(const std::string& target, const SecretString& body) const {
  auto request = make_request(http::verb::post, target, host_, port_, token_);
  request.set(http::field::content_type, "application/json");
  request.body() = {body.expose().data(), body.expose().size()};
  request.prepare_payload();
  return Exchange(host_, port_, ca_pem_, timeout_).run(request);
}

}  // namespace sotto::cli
