#include "libs/smp-client/raw_connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/ip/tcp.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "libs/smp-client/broken_pipe.hpp"
#include "libs/smp/version.hpp"

namespace sotto::client {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

constexpr std::size_t kMaxFinished = 64;

Deadline after(RawConnection::Timeout timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

Error closed_error() {
  return {ErrorCode::connection_failed, "the connection was closed"};
}
Error timeout_error() {
  return {ErrorCode::timeout, "no answer in time"};
}

std::string openssl_reason() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection was closed";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

}  // namespace

RawConnection::RawConnection() {
  ignore_broken_pipes();
}

RawConnection::~RawConnection() {
  close();
}

bool RawConnection::wait(bool writing, Deadline deadline) const {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd entry{fd_, static_cast<short>(writing ? POLLOUT : POLLIN), 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1'000'000)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return false;
  }
}

Status RawConnection::connect(const std::string& ip, std::uint16_t port, Timeout timeout) {
  close();
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(ip, error);
  if (error) return Error{ErrorCode::invalid_argument, "not an IP address"};
  const boost::asio::ip::tcp::endpoint endpoint(address, port);
  fd_ = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return Error{ErrorCode::connection_failed, "no socket"};
  if (::connect(fd_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0) return ok_status();
  if (errno != EINPROGRESS) return Error{ErrorCode::connection_failed, "cannot connect"};
  if (!wait(true, after(timeout))) return timeout_error();
  int failed = 0;
  socklen_t size = sizeof failed;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failed, &size) != 0 || failed != 0) {
    return Error{ErrorCode::connection_failed, "cannot connect"};
  }
  return ok_status();
}

Status RawConnection::start_tls(SSL_CTX* context, Timeout timeout) {
  const auto deadline = after(timeout);
  ssl_ = SSL_new(context);
  if (ssl_ == nullptr || SSL_set_fd(ssl_, fd_) != 1) return Error{ErrorCode::internal, "no TLS state"};
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_);
    if (result == 1) return ok_status();
    const int error = SSL_get_error(ssl_, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return Error{ErrorCode::protocol, openssl_reason()};
    }
    if (!wait(error == SSL_ERROR_WANT_WRITE, deadline)) return timeout_error();
  }
}

Status RawConnection::write(ByteView bytes, Timeout timeout) {
  const auto deadline = after(timeout);
  while (!bytes.empty()) {
    bool wait_to_write = true;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      std::size_t count = 0;
      const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
      if (result == 1) {
        bytes = bytes.subspan(count);
        continue;
      }
      const int error = SSL_get_error(ssl_, result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return closed_error();
      wait_to_write = error == SSL_ERROR_WANT_WRITE;
    } else {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count > 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) return closed_error();
    }
    if (!wait(wait_to_write, deadline)) return timeout_error();
  }
  return ok_status();
}

Result<std::size_t> RawConnection::read_some(MutableByteView buffer, Deadline deadline) {
  for (;;) {
    bool wait_to_write = false;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      std::size_t count = 0;
      const int result = SSL_read_ex(ssl_, buffer.data(), buffer.size(), &count);
      if (result == 1) return count;
      const int error = SSL_get_error(ssl_, result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return std::size_t{0};
      wait_to_write = error == SSL_ERROR_WANT_WRITE;
    } else {
      const auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EAGAIN && errno != EINTR) return std::size_t{0};
    }
    if (!wait(wait_to_write, deadline)) return timeout_error();
  }
}

Result<Bytes> RawConnection::read(std::size_t size, Timeout timeout) {
  const auto deadline = after(timeout);
  Bytes out(size);
  for (std::size_t filled = 0; filled < size;) {
    const auto count = read_some(MutableByteView(out).subspan(filled), deadline);
    if (!count) return count.error();
    if (*count == 0) return closed_error();
    filled += *count;
  }
  return out;
}

Result<Bytes> RawConnection::read_block(Timeout timeout) {
  return read(smp::kBlockSize, timeout);
}

Status RawConnection::expect_closed(Timeout timeout) {
  const auto deadline = after(timeout);
  std::array<std::uint8_t, 4096> dropped{};
  for (;;) {
    const auto count = read_some(dropped, deadline);
    if (!count) return Error{ErrorCode::timeout, "the server keeps the connection open"};
    if (*count == 0) return ok_status();
  }
}

void RawConnection::close(bool reset) {
  SSL_free(ssl_);
  ssl_ = nullptr;
  if (fd_ < 0) return;
  if (reset) {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(fd_);
  fd_ = -1;
}

Bytes RawConnection::session_id() const {
  Bytes finished(kMaxFinished);
  finished.resize(SSL_get_finished(ssl_, finished.data(), finished.size()));
  return finished;
}

std::vector<Bytes> RawConnection::peer_chain() const {
  std::vector<Bytes> out;
  const auto* chain = SSL_get_peer_cert_chain(ssl_);
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    Bytes der(static_cast<std::size_t>(std::max(0, i2d_X509(sk_X509_value(chain, i), nullptr))));
    auto* at = der.data();
    i2d_X509(sk_X509_value(chain, i), &at);
    out.push_back(std::move(der));
  }
  return out;
}

}  // namespace sotto::client
