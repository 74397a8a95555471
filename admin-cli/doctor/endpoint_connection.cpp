#include "admin-cli/doctor/endpoint_connection.hpp"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

namespace sotto::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What http_get reads at most: more than /metrics of a large server.
constexpr std::size_t kMaxAnswer = std::size_t{8} << 20U;

Error of_errno(ErrorCode code, int number) {
  std::array<char, 128> buffer{};
  return {code, strerror_r(number, buffer.data(), buffer.size())};
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// An endpoint is an IP address, so that nobody is asked for it.
Result<Addresses> address_of(const config::Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(endpoint.port);
  if (const int code = getaddrinfo(endpoint.address.c_str(), port.c_str(), &hints, &found); code != 0) {
    return Error{ErrorCode::invalid_argument, gai_strerror(code)};
  }
  return Addresses(found);
}

// False when the time is over.
bool wait_for(const Socket& socket, short events, steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  pollfd wanted{socket.fd(), events, 0};
  return poll(&wanted, 1, static_cast<int>(std::max(left, milliseconds(0)).count())) == 1;
}

Error no_answer() {
  return {ErrorCode::timeout, "no answer in time"};
}

Result<Socket> connect_to(const config::Endpoint& endpoint, steady_clock::time_point deadline) {
  auto address = address_of(endpoint);
  if (!address) return address.error();
  const auto& where = **address;
  Socket socket(::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd() < 0) return of_errno(ErrorCode::connection_failed, errno);
  if (connect(socket.fd(), where.ai_addr, where.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return of_errno(ErrorCode::connection_failed, errno);
  if (!wait_for(socket, POLLOUT, deadline)) return no_answer();
  int number = 0;
  socklen_t size = sizeof number;
  getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &number, &size);
  if (number != 0) return of_errno(ErrorCode::connection_failed, number);
  return socket;
}

Result<std::string> exchange(const Socket& socket, const std::string& request, steady_clock::time_point deadline) {
  // A few bytes on a new connection: they fit.
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return Error{ErrorCode::connection_failed, "the connection ended"};
  }
  std::string answer;
  std::array<char, 16384> part{};
  while (answer.size() < kMaxAnswer) {
    if (!wait_for(socket, POLLIN, deadline)) return no_answer();
    const auto size = recv(socket.fd(), part.data(), part.size(), 0);
    if (size < 0) return of_errno(ErrorCode::connection_failed, errno);
    if (size == 0) break;
    answer.append(part.data(), static_cast<std::size_t>(size));
  }
  return answer;
}

}  // namespace

config::Endpoint reached_at(const config::Endpoint& listen) {
  if (listen.address == "0.0.0.0") return {"127.0.0.1", listen.port};
  if (listen.address == "::") return {"::1", listen.port};
  return listen;
}

Status try_connect(const config::Endpoint& endpoint, milliseconds limit) {
  const auto socket = connect_to(endpoint, steady_clock::now() + limit);
  return socket ? ok_status() : socket.error();
}

Result<HttpAnswer> http_get(const config::Endpoint& endpoint, const std::string& path, milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  const auto socket = connect_to(endpoint, deadline);
  if (!socket) return socket.error();
  const auto text = exchange(
      *socket,
      "GET " + path + " HTTP/1.1\r\nHost: " + config::format_endpoint(endpoint) + "\r\nConnection: close\r\n\r\n",
      deadline);
  if (!text) return text.error();
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const auto body = text->find("\r\n\r\n");
  int status = 0;
  if (!text->starts_with("HTTP/1.") || body == std::string::npos ||
      std::from_chars(text->data() + kVersion.size(), text->data() + body, status).ec != std::errc()) {
    return Error{ErrorCode::protocol, "what answers there does not speak HTTP"};
  }
  return HttpAnswer{status, text->substr(body + 4)};
}

Status try_bind(const config::Endpoint& endpoint) {
  auto address = address_of(endpoint);
  if (!address) return address.error();
  const auto& where = **address;
  const Socket socket(::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) return of_errno(ErrorCode::connection_failed, errno);
  // As servers do: connections that have just ended are no obstacle; and IPv4 is another socket's.
  const int on = 1;
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6) setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(socket.fd(), where.ai_addr, where.ai_addrlen) == 0) return ok_status();
  const int number = errno;
  if (number == EACCES) return of_errno(ErrorCode::permission_denied, number);
  return of_errno(number == EADDRINUSE ? ErrorCode::conflict : ErrorCode::connection_failed, number);
}

}  // namespace sotto::cli
