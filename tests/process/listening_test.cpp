// Where a server listens: one family or both, several ports, default ports that are taken.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/smp-client/raw_connection.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "standalone/server.hpp"
#include "standalone/settings/settings.hpp"
#include "tests/process/program.hpp"
#include "tests/support/fake-server/fake_listener.hpp"

namespace sotto::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

bool machine_has_ipv6() {
  std::ifstream addresses("/proc/net/if_inet6");
  return addresses.peek() != std::ifstream::traits_type::eof();
}

class Listening : public testing::Test {
 protected:
  Home home;

  [[nodiscard]] bool serves(std::uint16_t port, const std::string& ip) const {
    client::SyncClient client;
    return client.connect(home.options(port, ip)) && client.ping();
  }
  static bool refuses(std::uint16_t port, const std::string& ip) {
    client::RawConnection connection;
    return !connection.connect(ip, port);
  }
};

TEST_F(Listening, OnIpv4Only) {
  Server server(home.flags({"--ports=0", "--listen=127.0.0.1"}));
  server.wait_ready();
  ASSERT_THAT(server.ports(), SizeIs(1));
  EXPECT_TRUE(serves(server.ports().front(), "127.0.0.1"));
  EXPECT_TRUE(refuses(server.ports().front(), "::1"));
}

TEST_F(Listening, OnIpv6Only) {
  if (!machine_has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  Server server(home.flags({"--ports=0", "--listen=::"}));
  server.wait_ready();
  ASSERT_THAT(server.ports(), SizeIs(1));
  EXPECT_TRUE(serves(server.ports().front(), "::1"));
  EXPECT_TRUE(refuses(server.ports().front(), "127.0.0.1"));
}

TEST_F(Listening, OnBothByDefault) {
  Server server(home.flags({"--ports=0"}));
  server.wait_ready();
  ASSERT_THAT(server.ports(), SizeIs(1));
  EXPECT_TRUE(serves(server.ports().front(), "127.0.0.1"));
  EXPECT_EQ(serves(server.ports().front(), "::1"), machine_has_ipv6());
}

TEST_F(Listening, OnSeveralPorts) {
  Server server(home.flags({"--ports=0,0,0", "--listen=127.0.0.1"}));
  server.wait_ready();
  ASSERT_THAT(server.ports(), SizeIs(3));
  for (const auto port : server.ports()) EXPECT_TRUE(serves(port, "127.0.0.1"));
}

// Which ports are the defaults is settled by settings_test; here it matters that nobody asked for them.
class DefaultPorts : public Listening {
 protected:
  tests::FakeListener occupant{[](tests::FakePeer& peer) { peer.wait_closed(); }};
  SystemClock clock;

  Result<std::unique_ptr<standalone::Server>> start(std::vector<std::uint16_t> ports, bool asked_for) {
    auto arguments = home.flags({"--ephemeral", "--listen=127.0.0.1"});
    std::vector<const char*> argv{"sotto-server"};
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    auto loaded = standalone::load_settings(static_cast<int>(argv.size()), argv.data(), nullptr);
    if (!loaded) return loaded.error();
    loaded->settings.ports = std::move(ports);
    loaded->settings.ports_explicit = asked_for;
    return standalone::Server::start(loaded->settings, clock);
  }
};

TEST_F(DefaultPorts, OneThatIsTakenIsSkippedWithAWarning) {
  const auto server = start({occupant.port(), 0}, false);
  ASSERT_TRUE(server) << server.error().message;
  ASSERT_THAT((*server)->ports(), SizeIs(1));
  EXPECT_TRUE(serves((*server)->ports().front(), "127.0.0.1"));
  EXPECT_THAT((*server)->warnings(), Contains(HasSubstr(std::to_string(occupant.port()))));
}

TEST_F(DefaultPorts, WithoutAnyThereIsNoServer) {
  const auto server = start({occupant.port()}, false);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::configuration);
}

TEST_F(DefaultPorts, OneThatWasAskedForMustBeFree) {
  const auto server = start({0, occupant.port()}, true);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::configuration);
  EXPECT_THAT(server.error().message, HasSubstr(std::to_string(occupant.port())));
}

}  // namespace
}  // namespace sotto::test
