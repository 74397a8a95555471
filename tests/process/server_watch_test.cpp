// `sotto server watch` as a process: against sotto-server that is there, is away and is there again.
#include <atomic>
#include <csignal>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/smp-client/raw_connection.hpp"
#include "tests/process/program.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/fake-server/fake_listener.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kPassword = "correct-horse-battery";

std::uint16_t metrics_port(const Program& watch) {
  static const std::regex kWatching(R"("message":"watching","metrics_port":([0-9]+))");
  std::uint16_t port = 0;
  wait_until("its metrics", [&] {
    const auto log = watch.errors();
    std::smatch found;
    if (std::regex_search(log, found, kWatching)) port = static_cast<std::uint16_t>(std::stoul(found[1]));
    return port != 0;
  });
  return port;
}

std::string metrics_at(std::uint16_t port) {
  client::RawConnection http;
  EXPECT_TRUE(http.connect("127.0.0.1", port));
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_TRUE(http.write(as_bytes(request)));
  std::string answer;
  for (auto byte = http.read(1); byte; byte = http.read(1)) answer += as_text(*byte);
  return answer;
}

TEST(ServerWatch, SeesAServerGoAndComeBackUntilItIsStopped) {
  const Home home;
  const auto server_flags = [&](std::uint16_t port) {
    return home.flags({"--ports=" + std::to_string(port), "--listen=127.0.0.1"});
  };
  const Texts environment{"SOTTO_PASSWORD=" + kPassword};
  auto server = std::make_unique<Server>(server_flags(0), environment);
  server->wait_ready();
  const auto port = server->ports().front();
  const auto file = home.directory.path() / "address";
  write_file(file, home.address(port, kPassword) + "\n");

  Program watch(cli_program(), {"server", "watch", "--address-file", file.string(), "--every", "1s", "--metrics-listen",
                                "127.0.0.1:0", "--extended", "--log-format", "json"});
  const auto at = metrics_port(watch);
  const auto wait_for = [&](const std::string& line) {
    wait_until(line, [&] { return metrics_at(at).find("\n" + line + "\n") != std::string::npos; });
  };
  wait_for(R"(smp_probe_success{family="any"} 1)");
  const auto healthcheck = run(cli_program(), {"healthcheck", "http://127.0.0.1:" + std::to_string(at) + "/readyz"});
  EXPECT_EQ(healthcheck.exit_code, 0) << healthcheck.errors;

  server->signal(SIGTERM);
  server->wait();
  wait_for(R"(smp_probe_success{family="any"} 0)");
  server = std::make_unique<Server>(server_flags(port), environment);
  server->wait_ready();
  wait_for(R"(smp_probe_success{family="any"} 1)");
  const auto metrics = metrics_at(at);
  EXPECT_THAT(metrics, AllOf(HasSubstr("smp_probe_certificate_expiry_seconds"), HasSubstr("component=\"probe\"")));

  watch.signal(SIGTERM);
  EXPECT_EQ(watch.wait(), 0) << watch.errors();
  EXPECT_THAT(watch.errors(), AllOf(HasSubstr(R"("message":"stopping","signal":"SIGTERM")"),
                                    HasSubstr("the server fails"), HasSubstr("the server passes")));
  for (const auto& text : {watch.errors(), watch.output(), metrics}) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr(kPassword)), Not(HasSubstr(to_base64url(home.fingerprint)))));
  }
}

TEST(ServerWatch, EndsAtOnceThoughTheServerIsSilent) {
  const Home home;
  std::atomic<int> connected = 0;
  const tests::FakeListener silent([&](tests::FakePeer& peer) {
    ++connected;
    peer.wait_closed();
  });
  for (const int number : {SIGTERM, SIGINT}) {
    const int before = connected;
    Program watch(cli_program(), {"server", "watch", home.address(silent.port()), "--timeout", "600",
                                  "--metrics-listen", "127.0.0.1:0"});
    wait_until("the test", [&] { return connected > before; });
    watch.signal(number);
    EXPECT_EQ(watch.wait(60s), 0) << watch.errors();
  }
}

}  // namespace
}  // namespace sotto::test
