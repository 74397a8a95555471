#include "libs/observability/exposer.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::metrics {
namespace {

using testing::HasSubstr;

// The whole answer to GET `path` on the loopback address.
std::string get(std::uint16_t port, const std::string& path) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const auto request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0)
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(fd);
  return answer;
}

TEST(HttpExposer, ServesMetrics) {
  Metrics metrics;
  const auto counter = metrics.counter("smp_x_total", "X.");
  metrics.callback_gauge("smp_y", "Y.", [] { return 7.0; });
  const auto exposer = HttpExposer::start(metrics, "127.0.0.1", 0);
  ASSERT_TRUE(exposer.ok()) << exposer.error().message;
  ASSERT_NE(exposer->port(), 0);
  counter.add(3);
  const auto answer = get(exposer->port(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("smp_x_total 3"));
  EXPECT_THAT(answer, HasSubstr("smp_y 7"));
  EXPECT_THAT(get(exposer->port(), "/other"), HasSubstr("404"));
}

TEST(HttpExposer, SaysWhenItCannotListen) {
  Metrics metrics;
  const auto first = HttpExposer::start(metrics, "127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const auto second = HttpExposer::start(metrics, "127.0.0.1", first->port());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::configuration);
  EXPECT_THAT(second.error().message, HasSubstr("metrics cannot listen on 127.0.0.1:"));
}

}  // namespace
}  // namespace sotto::metrics
