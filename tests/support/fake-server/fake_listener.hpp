// FakeListener: whatever is not an SMP server: listens on 127.0.0.1 on a free port and runs a script with each
// connection, in a thread of its own. The destructor breaks all connections and waits for the scripts. For tests.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "libs/base/bytes.hpp"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace sotto::tests {

// One accepted connection; calls block. Nothing is reported: what fails just ends the script's work.
class FakePeer {
 public:
  explicit FakePeer(int fd) : fd_(fd) {}
  ~FakePeer();
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  // The server's side of a TLS handshake.
  bool accept_tls(SSL_CTX* context);
  void write(std::string_view text);
  // What comes next, at most 4096 bytes; empty at the end.
  Bytes read();
  // Reads and drops until the client has closed.
  void wait_closed();
  // Wakes all that blocks; from any thread.
  void interrupt() const;

 private:
  int fd_;
  SSL* ssl_ = nullptr;
};

class FakeListener {
 public:
  using Script = std::function<void(FakePeer&)>;
  explicit FakeListener(Script script);
  ~FakeListener();
  FakeListener(const FakeListener&) = delete;
  FakeListener& operator=(const FakeListener&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void accept_all();

  Script script_;
  std::uint16_t port_ = 0;
  int fd_ = -1;
  std::mutex mutex_;  // guards the two below
  std::list<std::shared_ptr<FakePeer>> peers_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// A port on 127.0.0.1 where nothing listens: it is bound while this lives, so that nobody else takes it.
class ClosedPort {
 public:
  ClosedPort();
  ~ClosedPort();
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int fd_ = -1;
};

// TLS as web servers have it: a self-signed certificate with an RSA or ECDSA key, any cipher.
enum class WebKey : std::uint8_t { rsa, ecdsa };
std::shared_ptr<SSL_CTX> web_server_tls(WebKey kind);

}  // namespace sotto::tests
