#include "tests/support/fake-server/fake_listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace sotto::tests {
namespace {

int bind_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot bind a port on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

FakePeer::~FakePeer() {
  SSL_free(ssl_);
  ::close(fd_);
}

bool FakePeer::accept_tls(SSL_CTX* context) {
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, fd_);
  return SSL_accept(ssl_) == 1;
}

void FakePeer::write(std::string_view text) {
  if (ssl_ != nullptr) {
    SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    return;
  }
  while (!text.empty()) {
    const auto count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

Bytes FakePeer::read() {
  Bytes buffer(4096);
  const auto count = ssl_ != nullptr ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
                                     : ::recv(fd_, buffer.data(), buffer.size(), 0);
  buffer.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return buffer;
}

void FakePeer::wait_closed() {
  while (!read().empty()) {
  }
}

void FakePeer::interrupt() const {
  ::shutdown(fd_, SHUT_RDWR);
}

FakeListener::FakeListener(Script script) : script_(std::move(script)), fd_(bind_loopback(port_)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  if (::listen(fd_, 16) != 0) throw std::runtime_error("cannot listen on 127.0.0.1");
  acceptor_ = std::thread([this] { accept_all(); });
}

void FakeListener::accept_all() {
  for (;;) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const auto peer = std::make_shared<FakePeer>(fd);
    const std::scoped_lock lock(mutex_);
    peers_.push_back(peer);
    threads_.emplace_back([this, peer] {
      script_(*peer);
      // What the script leaves open is closed for the client too.
      peer->interrupt();
    });
  }
}

FakeListener::~FakeListener() {
  ::shutdown(fd_, SHUT_RDWR);
  acceptor_.join();
  ::close(fd_);
  for (const auto& peer : peers_) peer->interrupt();
  for (auto& thread : threads_) thread.join();
}

ClosedPort::ClosedPort() : fd_(bind_loopback(port_)) {}

ClosedPort::~ClosedPort() {
  ::close(fd_);
}

std::shared_ptr<SSL_CTX> web_server_tls(WebKey kind) {
  EVP_PKEY* key = kind == WebKey::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  auto* name = X509_get_subject_name(certificate);
  static constexpr std::array<unsigned char, 12> kName{'w', 'w', 'w', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName.data(), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate);
  SSL_CTX_use_PrivateKey(context.get(), key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

}  // namespace sotto::tests
