// Browsers on the ports of the protocol: who names a host in TLS gets the page, who does not gets SMP, whatever else
// they offer; and the page over plain HTTP.
#include <filesystem>
#include <fstream>
#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <openssl/ssl.h>

#include "tests/e2e/e2e_test.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/server/web_certificate.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using testing::HasSubstr;

std::string closed(const std::string& reason) {
  return "smp_connections_closed_total{reason=\"" + reason + "\"}";
}

std::string requests(const std::string& outcome) {
  return "smp_web_requests_total{outcome=\"" + outcome + "\"}";
}

struct Response {
  http::response<http::string_body> message;
  std::string subject;  // of the certificate; empty over plain HTTP
};

tcp::endpoint local(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

template <class Stream>
http::response<http::string_body> exchange(Stream& stream, http::verb verb, const std::string& target) {
  http::request<http::string_body> request(verb, target, 11);
  request.set(http::field::host, "web.example.org");
  if (verb == http::verb::post) request.body() = "a=1";
  request.prepare_payload();
  http::write(stream, request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.skip(verb == http::verb::head);
  http::read(stream, buffer, parser);
  return parser.release();
}

// SNI. The macro of OpenSSL casts as this project does not.
void name_host(SSL* ssl) {
  std::string host = "web.example.org";
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
}

// As browsers do it: SNI, and with `alpn` http/1.1 (perhaps h2 too). Nothing when TLS is refused.
std::optional<Response> browse(std::uint16_t port, const std::string& target = "/",
                               const std::string& alpn = "\x08http/1.1") {
  asio::io_context io;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_verify_mode(asio::ssl::verify_none);
  asio::ssl::stream<tcp::socket> stream(io, tls);
  stream.next_layer().connect(local(port));
  name_host(stream.native_handle());
  if (!alpn.empty()) {
    SSL_set_alpn_protos(stream.native_handle(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
  }
  boost::system::error_code error;
  stream.handshake(asio::ssl::stream_base::client, error);
  if (error) return std::nullopt;
  std::array<char, 256> subject{};
  auto* certificate = SSL_get1_peer_certificate(stream.native_handle());
  X509_NAME_oneline(X509_get_subject_name(certificate), subject.data(), static_cast<int>(subject.size()));
  X509_free(certificate);
  return Response{exchange(stream, http::verb::get, target), subject.data()};
}

http::response<http::string_body> plain(std::uint16_t port, http::verb verb = http::verb::get,
                                        const std::string& target = "/") {
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect(local(port));
  return exchange(socket, verb, target);
}

class Web : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> flags() const {
    return {"--ephemeral", "--web-certificate=" + files_.certificate.string(), "--web-key=" + files_.key.string(),
            "--identity-reload-interval=100ms", "--information-operator=Example"};
  }

  TempDir directory_;
  WebCertificateFiles files_ = make_web_certificate(directory_.path(), "web.example.org");
};

TEST_F(Web, BrowsersAndAppsShareAPort) {
  InProcessServer server(flags());
  const auto page = browse(server.port());
  ASSERT_TRUE(page);
  EXPECT_EQ(page->message.result_int(), 200U);
  EXPECT_EQ(page->subject, "/CN=web.example.org");
  EXPECT_THAT(page->message.body(), HasSubstr("<dd>Example</dd>"));
  EXPECT_THAT(page->message.body(), HasSubstr("up to 128 messages"));
  EXPECT_TRUE(browse(server.port(), "/a", "")) << "without ALPN";
  EXPECT_TRUE(browse(server.port(), "/g", std::string("\x02h2\x08http/1.1")));

  EXPECT_TRUE(server.connect()->create_queue()) << "smp/1";
  auto web_port = server.options();
  web_port.alpn = transport::Alpn::http;
  SyncClient app;
  ASSERT_TRUE(app.connect(web_port)) << "http/1.1 without a name: an app on port 443";
  EXPECT_TRUE(app.create_queue());
  auto old = server.options();
  old.alpn = transport::Alpn::none;
  old.versions = {6, 6};
  EXPECT_TRUE(SyncClient().connect(old)) << "without ALPN";
  EXPECT_EQ(metric(server, closed("browser")), 3);
  EXPECT_EQ(metric(server, requests("shown")), 3);
  EXPECT_TRUE(reaches(server, "smp_connections", 1)) << "browsers are none of them";
}

TEST_F(Web, BrowsersAreRefusedWithoutACertificate) {
  InProcessServer server({"--ephemeral"});
  EXPECT_FALSE(browse(server.port()));
  EXPECT_TRUE(reaches(server, closed("tls_handshake_failed"), 1));
}

TEST_F(Web, ANewCertificateIsShownWithoutARestart) {
  InProcessServer server(flags());
  const auto app = server.connect();
  const auto queue = must(app->create_queue());
  make_web_certificate(directory_.path(), "new.example.org");
  wait_until("the new certificate", [&] { return browse(server.port())->subject == "/CN=new.example.org"; });

  std::ofstream(files_.key, std::ios::trunc) << "this is no key\n";
  // One look is over when the file was seen to have changed and another one with it.
  std::filesystem::remove(files_.certificate);
  EXPECT_EQ(browse(server.port())->subject, "/CN=new.example.org") << "what cannot be used is not";
  make_web_certificate(directory_.path(), "third.example.org");
  wait_until("the third certificate", [&] { return browse(server.port())->subject == "/CN=third.example.org"; });

  ASSERT_TRUE(app->send(queue, "apps notice nothing"));
  EXPECT_EQ(receive(*app, queue), "apps notice nothing");
}

TEST_F(Web, IsGivenOverPlainHttpToo) {
  const auto port = free_port();
  InProcessServer server({"--ephemeral", "--web-listen=127.0.0.1:" + std::to_string(port)});
  const auto page = plain(port);
  EXPECT_EQ(page.result_int(), 200U);
  EXPECT_EQ(page["Content-Type"], "text/html; charset=utf-8");
  EXPECT_THAT(std::string(page["Content-Security-Policy"]), HasSubstr("default-src 'none'"));
  EXPECT_EQ(page["X-Content-Type-Options"], "nosniff");
  EXPECT_EQ(page["Referrer-Policy"], "no-referrer");
  EXPECT_EQ(page.count("X-Robots-Tag"), 0U);
  EXPECT_EQ(plain(port, http::verb::get, "/a?x=1")["X-Robots-Tag"], "noindex");
  const auto head = plain(port, http::verb::head);
  EXPECT_EQ(head.result_int(), 200U);
  EXPECT_EQ(head["Content-Length"], page["Content-Length"]);
  EXPECT_EQ(plain(port, http::verb::get, "/nothing").result_int(), 404U);
  EXPECT_EQ(plain(port, http::verb::delete_).result_int(), 405U);
  EXPECT_EQ(plain(port, http::verb::post).result_int(), 400U) << "a body";
  EXPECT_EQ(plain(port, http::verb::get, "/" + std::string(9000, 'a')).result_int(), 431U);
  EXPECT_EQ(metric(server, requests("shown")), 3);
  EXPECT_EQ(metric(server, requests("not_found")), 1);
  EXPECT_EQ(metric(server, requests("refused")), 3);
  EXPECT_FALSE(browse(server.port())) << "and on the ports of the protocol there is none";
}

TEST_F(Web, EndsWithTheServer) {
  auto with_data = flags();
  with_data.front() = "--quota=128";
  InProcessServer server(with_data);
  asio::io_context io;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> silent(io, tls);
  silent.next_layer().connect(local(server.port()));
  name_host(silent.native_handle());
  silent.handshake(asio::ssl::stream_base::client);
  EXPECT_TRUE(reaches(server, closed("browser"), 1));
  server.restart();
  boost::system::error_code error;
  std::array<char, 16> bytes{};
  EXPECT_EQ(silent.read_some(asio::buffer(bytes), error), 0U);
  EXPECT_TRUE(error);
  EXPECT_TRUE(browse(server.port()));
}

}  // namespace
}  // namespace sotto::test
