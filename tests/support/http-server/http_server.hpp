// HttpServer: a real HTTP server for tests, on a free port of 127.0.0.1 and a thread of its own, which answers as the
// test says: rightly, wrongly, not at all. Owned by the test; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sotto::test {

struct HttpReply {
  enum class Kind : std::uint8_t {
    bytes,  // sends them as they are and closes
    hang,   // says nothing until release(), or until the client goes
  };
  Kind kind = Kind::bytes;
  std::string bytes;

  // A whole response.
  static HttpReply with(unsigned status, const std::string& body);
  static HttpReply raw(std::string bytes) { return {Kind::bytes, std::move(bytes)}; }
  static HttpReply hanging() { return {Kind::hang, {}}; }
  static HttpReply closing() { return raw({}); }
};

class HttpServer {
 public:
  // By the target of the request; called on the server's thread.
  using Handler = std::function<HttpReply(const std::string& target)>;
  struct Tls {
    std::filesystem::path certificate;
    std::filesystem::path key;
  };

  explicit HttpServer(Handler handler, const std::optional<Tls>& tls = std::nullopt);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // "http://127.0.0.1:<port>", or with https.
  [[nodiscard]] std::string url() const;
  // Of all requests so far, the whole of each.
  [[nodiscard]] std::vector<std::string> requests() const;
  // Waits until so many requests hang. False when that takes too long.
  [[nodiscard]] bool wait_for_hanging(std::size_t count);
  // Waits until none hangs: their clients have gone. False when that takes too long.
  [[nodiscard]] bool wait_for_none_hanging();
  // Answers those that hang now, which then hang no more.
  void release(const HttpReply& reply);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::test
