#include "libs/observability/exposer.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::metrics {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A client on the loopback address.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // The server may have closed already.
  void send(const std::string& text) const { (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void end() const { ::shutdown(fd_, SHUT_WR); }
  // Until the server closes.
  [[nodiscard]] std::string read_all() const {
    std::string answer;
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while ((got = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0)
      answer.append(buffer.data(), static_cast<std::size_t>(got));
    return answer;
  }

 private:
  int fd_;
};

class Exposer : public testing::Test {
 protected:
  Metrics metrics;
  Health health;
  Result<HttpExposer> exposer = HttpExposer::start(metrics, "127.0.0.1", 0, &health);
  void SetUp() override { ASSERT_TRUE(exposer.ok()) << exposer.error().message; }

  std::string answer_to(const std::string& request) {
    const Peer peer(exposer->port());
    peer.send(request);
    return peer.read_all();
  }
  std::string get(const std::string& path) { return answer_to("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"); }
};

TEST_F(Exposer, ServesMetrics) {
  const auto counter = metrics.counter("smp_x_total", "X.");
  metrics.callback_gauge("smp_y", "Y.", [] { return 7.0; });
  counter.add(3);
  for (const auto* path : {"/metrics", "/metrics?name=smp_x_total"}) {
    EXPECT_THAT(get(path),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/plain; version=0.0.4"),
                      HasSubstr("smp_x_total 3\n"), HasSubstr("smp_y 7\n")));
  }
  EXPECT_THAT(answer_to("GET /metrics HTTP/1.0\r\n\r\n"), HasSubstr("smp_x_total 3\n"));
}

TEST_F(Exposer, IsReadyWhenAllChecksAre) {
  Status redis = ok_status();
  health.add("database", [] { return ok_status(); });
  health.add("redis", [&] { return redis; });
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\nok database\nok redis\n")));
  redis = Error{ErrorCode::unavailable, "no connection"};
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"),
                                    EndsWith("\r\n\r\nok database\nfailed redis: no connection\n")));
}

TEST_F(Exposer, LivesWhileItIsNotReady) {
  health.add("database", []() -> Status { return Error{ErrorCode::unavailable, "no connection"}; });
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200 OK\r\n"));
  health.drain();
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(get("/readyz"),
              AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\n\r\nfailed drain: the process is stopping\n")));
}

TEST_F(Exposer, WithoutHealthIsReady) {
  exposer = HttpExposer::start(metrics, "127.0.0.1", 0);
  ASSERT_TRUE(exposer.ok());
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Exposer, HasNoOtherPathsAndMethods) {
  for (const auto* path : {"/", "/other", "/metrics/", "/livezz", "*"})
    EXPECT_THAT(get(path), StartsWith("HTTP/1.1 404 ")) << path;
  for (const auto* method : {"POST", "HEAD", "DELETE", "OPTIONS", "BREW"}) {
    EXPECT_THAT(answer_to(std::string(method) + " /livez HTTP/1.1\r\nHost: x\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET\r\n")))
        << method;
  }
}

TEST_F(Exposer, RefusesWhatIsNoRequest) {
  EXPECT_THAT(answer_to("\x16\x03\x01\x02\x7f\x01\xfc\x03\x03\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET /livez\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET /livez HTTP/9.9\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nno colon\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Exposer, SurvivesClientsThatLeave) {
  for (const auto* part : {"", "GET /met", "GET /metrics HTTP/1.1\r\nHost: x\r\n", "GET /metrics HTTP/1.1\r\n\r\n"}) {
    const Peer peer(exposer->port());
    peer.send(part);
  }
  const Peer half(exposer->port());
  half.send("GET /livez HTTP/1.1\r\n");
  half.end();
  EXPECT_THAT(half.read_all(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Exposer, ReadsARequestByteByByte) {
  const Peer peer(exposer->port());
  for (const char c : std::string("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")) peer.send(std::string(1, c));
  EXPECT_THAT(peer.read_all(), StartsWith("HTTP/1.1 200 "));
}

// A flood of silent connections takes no place from a probe: the oldest ones make room.
TEST_F(Exposer, SilentClientsTakeNoPlace) {
  std::deque<Peer> silent;
  for (int i = 0; i < 300; ++i) {
    silent.emplace_back(exposer->port());
    silent.back().send("GET /livez HTTP/1.1\r\n");
  }
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(silent.front().read_all(), IsEmpty());  // was ended
  silent.back().send("\r\n");
  EXPECT_THAT(silent.back().read_all(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Exposer, EndsWithConnectionsOpen) {
  const Peer peer(exposer->port());
  peer.send("GET /livez HTTP/1.1\r\n");
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200 "));
  exposer = Error{};
  EXPECT_THAT(peer.read_all(), IsEmpty());
}

TEST_F(Exposer, SaysWhenItCannotListen) {
  const auto second = HttpExposer::start(metrics, "127.0.0.1", exposer->port());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::configuration);
  EXPECT_THAT(second.error().message, HasSubstr("metrics cannot listen on 127.0.0.1:"));
}

}  // namespace
}  // namespace sotto::metrics
