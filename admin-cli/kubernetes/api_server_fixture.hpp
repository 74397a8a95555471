// FakeApiServer: the API server of Kubernetes as far as Secrets and ConfigMaps of the namespace `sotto` go, over TLS on
// a free port of 127.0.0.1, in a thread of its own, one connection at a time. For tests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/child/temp_dir.hpp"

namespace sotto::cli {

class FakeApiServer {
 public:
  // By name, that of a ConfigMap with `configmaps/` in front.
  using Objects = std::map<std::string, nlohmann::json>;
  // What becomes of a request: as usual, a refusal with this status, or the end of the connection before anything is
  // done or after it.
  struct Action {
    unsigned status = 0;  // 0: as usual
    bool close_before = false;
    bool close_after = false;
  };
  // "get sotto-identity", "create configmaps/sotto-identity-marker". May change the objects, as if somebody else had.
  // On the server's thread.
  using Interceptor = std::function<Action(const std::string& request, Objects& secrets)>;

  // `names`: of the certificate, like "DNS:localhost,IP:127.0.0.1".
  explicit FakeApiServer(const std::string& names = "DNS:localhost,IP:127.0.0.1");
  ~FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const;
  [[nodiscard]] std::string ca_file() const { return (directory_.path() / "server.crt").string(); }
  [[nodiscard]] std::string token_file() const { return (directory_.path() / "token").string(); }
  static constexpr const char* kToken = "header.payload.signature";

  void intercept(Interceptor interceptor);
  [[nodiscard]] Objects objects() const;
  void put(const std::string& name, nlohmann::json secret);
  void remove(const std::string& name);
  // What was asked, in order.
  [[nodiscard]] std::vector<std::string> requests() const;

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

  void serve();
  void serve(Stream& stream);
  // What the API server answers; the rest of the connection is in `action`.
  Response answer(const Request& request, Action& action);

  const test::TempDir directory_;
  boost::asio::io_context io_{1};
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  boost::asio::ip::tcp::acceptor acceptor_{io_};
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Interceptor interceptor_;
  Objects objects_;
  std::vector<std::string> requests_;
  bool stopping_ = false;
  std::thread thread_;
};

// base64 of RFC 4648 section 4, as `data` of a Secret has it.
std::string base64(const std::string& text);
std::string from_base64(const std::string& text);
// A Secret with these values.
nlohmann::json secret_of(const std::map<std::string, std::string>& values);
// What it holds.
std::string value_in(const nlohmann::json& secret, const std::string& key);

}  // namespace sotto::cli
