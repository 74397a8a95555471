#include "admin-cli/doctor/healthcheck_command.hpp"

#include <array>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "libs/observability/exposer.hpp"
#include "tests/support/fake-server/fake_listener.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Output healthcheck(std::vector<std::string> arguments) {
  const std::array groups{&add_healthcheck_command};
  arguments.insert(arguments.begin(), "healthcheck");
  return run_sotto(arguments, "", false, groups);
}

std::string url(std::uint16_t port, const std::string& path = "/readyz", const std::string& host = "127.0.0.1") {
  return "http://" + host + ":" + std::to_string(port) + path;
}

class Healthcheck : public testing::Test {
 protected:
  std::uint16_t start() {
    exposer_.emplace(metrics::HttpExposer::start(metrics_, "127.0.0.1", 0, &health_).value());
    return exposer_->port();
  }
  metrics::Metrics metrics_;
  Health health_;
  std::optional<metrics::HttpExposer> exposer_;
};

TEST_F(Healthcheck, IsSilentAboutAHealthyServer) {
  health_.add("storage", [] { return ok_status(); });
  const auto port = start();
  for (const auto& where : {url(port), url(port, "/livez"), url(port, "/readyz", "localhost")}) {
    const auto output = healthcheck({where});
    EXPECT_EQ(output.exit_code, 0) << output.err;
    EXPECT_EQ(output.out + output.err, "");
  }
}

TEST_F(Healthcheck, NamesWhatFails) {
  health_.add("storage", [] { return ok_status(); });
  health_.add("redis", []() -> Status { return Error{ErrorCode::unavailable, "it is away"}; });
  health_.add("database", []() -> Status { return Error{ErrorCode::unavailable, "it is full"}; });
  const auto port = start();
  const auto output = healthcheck({url(port)});
  EXPECT_EQ(output.exit_code, 9);
  EXPECT_EQ(output.err, "sotto: not healthy: failed redis: it is away\nfailed database: it is full\n");
  EXPECT_EQ(healthcheck({url(port, "/livez")}).exit_code, 0);
  const auto other = healthcheck({url(port, "")});
  EXPECT_EQ(other.exit_code, 9);
  EXPECT_EQ(other.err, "sotto: not healthy: status 404\n");
}

TEST_F(Healthcheck, TellsWhyThereIsNoAnswer) {
  const tests::ClosedPort closed;
  EXPECT_EQ(healthcheck({url(closed.port())}).exit_code, 4);
  tests::FakeListener silent([](tests::FakePeer& peer) { peer.wait_closed(); });
  EXPECT_EQ(healthcheck({url(silent.port()), "--timeout", "0.05"}).exit_code, 8);
  tests::FakeListener other([](tests::FakePeer& peer) {
    peer.read();
    peer.write("SSH-2.0\r\n");
  });
  const auto output = healthcheck({url(other.port())});
  EXPECT_EQ(output.exit_code, 9);
  EXPECT_THAT(output.err, HasSubstr("does not speak HTTP"));
}

TEST_F(Healthcheck, AsksThisMachineOnly) {
  const auto output = healthcheck({"http://192.0.2.1:9090/readyz"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("--any-host"));
  // Nobody is there, or no way to it: what counts is that it was tried.
  const auto code = healthcheck({"http://192.0.2.1:9090/readyz", "--any-host", "--timeout", "0.05"}).exit_code;
  EXPECT_THAT(code, testing::AnyOf(4, 8));
}

TEST_F(Healthcheck, RefusesWhatIsNoUrl) {
  for (const auto* text :
       {"", "https://127.0.0.1:9090/readyz", "127.0.0.1:9090", "http://127.0.0.1", "http://:9090/",
        "http://example.com:9090/", "http://127.0.0.1:0/", "http://me@127.0.0.1:9090/", "http://127.0.0.1:9090/ready z",
        "http://127.0.0.1:9090/\r\nHost:", "http://127.0.0.1:9090/#a"}) {
    const auto output = healthcheck({text});
    EXPECT_EQ(output.exit_code, 2) << text;
    EXPECT_THAT(output.err, AllOf(HasSubstr("the URL "), Not(HasSubstr("\r"))));
  }
}

}  // namespace
}  // namespace sotto::cli
