#include "tests/support/platform/http_get.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>

namespace sotto::test {

std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  const timeval limit{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = recv(fd, part.data(), part.size(), 0)) > 0;)
      text.append(part.data(), static_cast<std::size_t>(n));
  }
  close(fd);
  const auto space = text.find(' ');
  const auto body = text.find("\r\n\r\n");
  if (space == std::string::npos || body == std::string::npos) return std::nullopt;
  int status = 0;
  const auto read = std::from_chars(text.data() + space + 1, text.data() + text.size(), status);
  if (read.ec != std::errc()) return std::nullopt;
  return HttpAnswer{status, text.substr(body + 4)};
}

std::optional<double> metric_in(const std::string& exposition, const std::string& name) {
  const auto text = "\n" + exposition;
  const auto wanted = "\n" + name + " ";
  const auto at = text.find(wanted);
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(text.c_str() + at + wanted.size(), nullptr);
}

}  // namespace sotto::test
