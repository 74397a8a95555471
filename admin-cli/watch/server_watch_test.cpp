#include "admin-cli/watch/server_watch.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/watch/server_watch_command.hpp"
#include "libs/observability/log.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

smp::ServerAddress address_of(const tests::FakeSmpServer& server, const std::string& password = "") {
  smp::ServerAddress address;
  address.fingerprint = server.fingerprint();
  if (!password.empty()) address.password = SecretString(password);
  address.hosts = {{smp::HostKind::ipv4, "127.0.0.1"}};
  address.port = server.port();
  return address;
}

class ServerWatchTest : public testing::Test {
 protected:
  ServerWatchTest() {
    log::configure(log::Level::info, log::Format::text);
    log::set_sink([this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    });
  }
  ~ServerWatchTest() override { log::set_sink({}); }

  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  [[nodiscard]] bool shows(const std::string& line) const {
    return ("\n" + metrics_.exposition()).find("\n" + line + "\n") != std::string::npos;
  }
  void wait_for(const std::string& line) const {
    test::wait_until(line, [&] { return shows(line); });
  }

  metrics::Metrics metrics_;

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST_F(ServerWatchTest, TestsAtOnceAndThenAgain) {
  const tests::FakeSmpServer server;
  const ServerWatch watch(metrics_, {.every = 20ms}, [&] { return address_of(server); });
  wait_for(R"(smp_probe_runs_total{family="any",outcome="passed"} 3)");
  EXPECT_TRUE(shows(R"(smp_probe_runs_total{family="any",outcome="failed"} 0)"));
  EXPECT_TRUE(shows(R"(smp_probe_failures_total{family="any",layer="create"} 0)"));
  EXPECT_TRUE(shows(R"(smp_probe_success{family="any"} 1)"));
  EXPECT_THAT(metrics_.exposition(), AllOf(HasSubstr(R"(smp_probe_seconds_bucket{family="any",le="0.05"})"),
                                           HasSubstr(R"(smp_probe_certificate_expiry_seconds{family="any"})")));
  EXPECT_THAT(lines(), ElementsAre(AllOf(HasSubstr("the server passes"), HasSubstr("family=any"))));
}

TEST_F(ServerWatchTest, LogsChangesOnly) {
  std::optional<tests::FakeSmpServer> server;
  server.emplace(tests::FakeSmpOptions{.password = "horse"});
  const tests::FakeSmpServer closing({.fail_word = "SEND"});
  std::atomic<int> which = 0;
  const ServerWatch watch(metrics_, {.every = 10ms}, [&]() -> Result<smp::ServerAddress> {
    switch (which) {
      case 0:
        return address_of(*server, "horse");
      case 1:
        return address_of(closing);
      case 2:
        return address_of(*server, "wrong-horse");
      default:
        return Error{ErrorCode::configuration, "gone"};
    }
  });
  wait_for(R"(smp_probe_runs_total{family="any",outcome="passed"} 3)");
  which = 1;
  wait_for(R"(smp_probe_failures_total{family="any",layer="send"} 3)");
  EXPECT_TRUE(shows(R"(smp_probe_success{family="any"} 0)"));
  which = 2;
  wait_for(R"(smp_probe_failures_total{family="any",layer="create"} 3)");
  which = 3;
  wait_for(R"(smp_probe_failures_total{family="any",layer="address"} 3)");
  which = 0;
  wait_for(R"(smp_probe_success{family="any"} 1)");
  test::wait_until("the last line", [&] { return lines().size() == 5; });
  const auto logged = lines();
  EXPECT_THAT(logged, ElementsAre(HasSubstr("the server passes"), HasSubstr("layer=send"), HasSubstr("layer=create"),
                                  HasSubstr("layer=address"), HasSubstr("the server passes")));
  for (const auto& line : logged) {
    EXPECT_THAT(line, AllOf(Not(HasSubstr("horse")), Not(HasSubstr("127.0.0.1")),
                            Not(HasSubstr(to_base64url(server->fingerprint())))));
  }
}

TEST_F(ServerWatchTest, HasALaneForEachFamily) {
  const tests::FakeSmpServer server;
  ServerWatch::Options options{.families = {client::IpFamily::ipv4, client::IpFamily::ipv6}, .every = 20ms};
  const ServerWatch watch(metrics_, options, [&] { return address_of(server); });
  wait_for(R"(smp_probe_success{family="ipv4"} 1)");
  wait_for(R"(smp_probe_success{family="ipv6"} 0)");
  EXPECT_TRUE(shows(R"(smp_probe_runs_total{family="ipv6",outcome="passed"} 0)"));
  EXPECT_THAT(metrics_.exposition(), Not(HasSubstr("family=\"any\"")));
}

TEST_F(ServerWatchTest, NeverTestsTwiceAtOnce) {
  std::atomic<int> all = 0;
  tests::FakeListener slow([&](tests::FakePeer& peer) {
    ++all;
    peer.wait_closed();
  });
  smp::ServerAddress address;
  address.hosts = {{smp::HostKind::ipv4, "127.0.0.1"}};
  address.port = slow.port();
  ServerWatch::Options options{.every = 1ms};
  options.test.connect_timeout = 30ms;
  const auto start = std::chrono::steady_clock::now();
  const ServerWatch watch(metrics_, options, [&] { return address; });
  test::wait_until("the fourth test", [&] { return all == 4; });
  // Three of them had their whole time before.
  EXPECT_GE(std::chrono::steady_clock::now() - start, 90ms);
}

TEST_F(ServerWatchTest, StopsWhileItSleeps) {
  const tests::FakeSmpServer server;
  const auto start = std::chrono::steady_clock::now();
  {
    const ServerWatch watch(metrics_, {.every = 1h}, [&] { return address_of(server); });
    wait_for(R"(smp_probe_success{family="any"} 1)");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
}

TEST_F(ServerWatchTest, CutsATestOffThatGetsNoAnswer) {
  std::atomic<int> connected = 0;
  tests::FakeListener no_tls([&](tests::FakePeer& peer) {
    ++connected;
    peer.wait_closed();
  });
  const tests::FakeSmpServer no_answer({.silent_word = "SEND"});
  std::atomic<int> tested = 0;
  const auto start = [&] {
    ServerWatch::Options options{.families = {client::IpFamily::any, client::IpFamily::ipv4}, .every = 1h};
    options.test.connect_timeout = 5min;
    options.test.answer_timeout = 5min;
    const ServerWatch watch(metrics_, options, [&]() -> Result<smp::ServerAddress> {
      auto address = address_of(no_answer);
      if (++tested == 2) address.port = no_tls.port();
      return address;
    });
    test::wait_until("both tests", [&] { return connected == 1 && tested == 2; });
    return std::chrono::steady_clock::now();
  }();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1min);
  EXPECT_TRUE(shows(R"(smp_probe_runs_total{family="any",outcome="failed"} 0)")) << "that says nothing of the server";
  EXPECT_THAT(lines(), testing::IsEmpty());
}

TEST_F(ServerWatchTest, LetsATestEndThatGetsItsAnswers) {
  const tests::FakeSmpServer server;
  std::promise<void> begun;
  {
    ServerWatch::Options options{.every = 1h};
    options.test.extended = true;
    const ServerWatch watch(metrics_, options, [&] {
      begun.set_value();
      return address_of(server);
    });
    begun.get_future().wait();
  }
  EXPECT_TRUE(shows(R"(smp_probe_runs_total{family="any",outcome="passed"} 1)"));
}

TEST(ServerWatchCommand, RefusesWhatCannotBe) {
  const std::array groups{&add_server_watch_command};
  const auto watch = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"server", "watch"});
    return run_sotto(more, "", false, groups);
  };
  const std::string address = "smp://" + std::string(43, 'A') + "=@127.0.0.1";
  EXPECT_THAT(watch({}).err, HasSubstr("which server?"));
  const auto every = watch({address, "--every", "60"});
  EXPECT_EQ(every.exit_code, 2);
  EXPECT_THAT(every.err, HasSubstr("--every "));
  EXPECT_EQ(watch({address, "--every", "10ms"}).exit_code, 2);
  EXPECT_EQ(watch({address, "--metrics-listen", "here"}).exit_code, 2);
  EXPECT_EQ(watch({"--address-file", "/nonexistent"}).exit_code, 3);
}

}  // namespace
}  // namespace sotto::cli
