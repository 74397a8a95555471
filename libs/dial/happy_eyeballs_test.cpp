#include "libs/dial/happy_eyeballs.hpp"

#include <string>

#include <gtest/gtest.h>

#include "libs/dial/test_listeners.hpp"
#include "libs/dial/test_loop.hpp"
#include "tests/support/fake-server/fake_listener.hpp"

namespace sotto::dial {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::address;
using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using client::Reason;

// Longer than any test: a next address comes only because another has failed.
constexpr auto kNever = 1h;

std::vector<address> addresses(const std::vector<std::string>& texts) {
  std::vector<address> out;
  for (const auto& text : texts) out.push_back(make_address(text));
  return out;
}

class Race : public testing::Test {
 protected:
  std::shared_ptr<HappyEyeballs> start(std::uint16_t port, std::chrono::milliseconds delay) {
    return HappyEyeballs::start(loop.io.get_executor(), port, delay,
                                [this](HappyEyeballs::Outcome result) { outcome.emplace(std::move(result)); });
  }
  void run(std::uint16_t port, const std::vector<std::string>& texts, std::chrono::milliseconds delay) {
    const auto race = start(port, delay);
    race->add(addresses(texts));
    race->no_more();
    EXPECT_FALSE(outcome.has_value());
    ASSERT_TRUE(loop.run_until([&] { return outcome.has_value(); }));
    EXPECT_TRUE(loop.drains());
  }
  // Whom it is connected to; empty: it is not.
  std::string winner() const {
    const auto* const socket = outcome ? std::get_if<tcp::socket>(&*outcome) : nullptr;
    return socket == nullptr ? "" : socket->remote_endpoint().address().to_string();
  }
  Reason reason() const {
    const auto* const failed = outcome ? std::get_if<client::Failure>(&*outcome) : nullptr;
    EXPECT_NE(failed, nullptr);
    if (failed == nullptr) return Reason::local;
    EXPECT_EQ(failed->layer, client::Layer::tcp);
    return failed->reason;
  }

  TestLoop loop;
  std::optional<HappyEyeballs::Outcome> outcome;
};

TEST_F(Race, ConnectsToTheOnlyAddress) {
  const Listening server;
  run(server.port(), {"127.0.0.1"}, kNever);
  EXPECT_EQ(winner(), "127.0.0.1");
}

TEST_F(Race, TriesTheNextAsSoonAsOneFails) {
  const Listening server;
  run(server.port(), {"127.0.0.2", "127.0.0.3", "127.0.0.1"}, kNever);
  EXPECT_EQ(winner(), "127.0.0.1");
}

TEST_F(Race, TriesTheNextWhereOneIsSilent) {
  const Listening server;
  const Silent silent("127.0.0.2", server.port());
  run(server.port(), {"127.0.0.2", "127.0.0.1"}, 1ms);
  EXPECT_EQ(winner(), "127.0.0.1");
}

TEST_F(Race, FallsBackToIpv4) {
  const Listening server;
  run(server.port(), {"127.0.0.1", "100::1"}, 1ms);
  EXPECT_EQ(winner(), "127.0.0.1");
}

TEST_F(Race, TakesIpv6First) {
  // Both on one port, which may be in use for the other.
  for (int attempt = 0; attempt < 100; ++attempt) {
    try {
      const Listening v6("::1");
      const Listening v4("127.0.0.1", v6.port());
      run(v6.port(), {"127.0.0.1", "127.0.0.2", "::1"}, kNever);
      EXPECT_EQ(winner(), "::1");
      return;
    } catch (const boost::system::system_error& error) {
      if (error.code() == boost::asio::error::address_in_use) continue;
      GTEST_SKIP() << "no IPv6 on this machine: " << error.what();
    }
  }
}

TEST_F(Race, AlternatesBetweenTheFamilies) {
  // The second IPv6 address would be silent for ever; the IPv4 address has its turn before.
  const Listening server;
  run(server.port(), {"::1", "100::1", "127.0.0.1"}, kNever);
  EXPECT_EQ(winner(), "127.0.0.1");
}

TEST_F(Race, SaysThatOneRefusedWhereOthersCannotBeReached) {
  const tests::ClosedPort closed;
  run(closed.port(), {"255.255.255.255"}, kNever);
  EXPECT_EQ(reason(), Reason::unreachable);
  outcome.reset();
  run(closed.port(), {"255.255.255.255", "127.0.0.1", "255.255.255.255"}, kNever);
  EXPECT_EQ(reason(), Reason::refused);
}

TEST_F(Race, TakesMoreAddressesWhileItRuns) {
  const Listening server;
  const Silent silent("127.0.0.2", server.port());
  const auto race = start(server.port(), 1ms);
  race->add(addresses({"127.0.0.2"}));
  race->add(addresses({"127.0.0.3", "127.0.0.1"}));
  race->no_more();
  ASSERT_TRUE(loop.run_until([&] { return outcome.has_value(); }));
  EXPECT_EQ(winner(), "127.0.0.1");
}

TEST_F(Race, WaitsForMoreAddressesWhereAllHaveFailed) {
  const Listening server;
  const auto race = start(server.port(), kNever);
  race->add(addresses({"127.0.0.2"}));
  // Nothing is under way but the time until the next attempt.
  for (int i = 0; i < 20; ++i) loop.io.poll();
  EXPECT_FALSE(outcome.has_value());
  race->add(addresses({"127.0.0.1"}));
  race->no_more();
  ASSERT_TRUE(loop.run_until([&] { return outcome.has_value(); }));
  EXPECT_EQ(winner(), "127.0.0.1");
}

TEST_F(Race, IsSilentOnceCancelled) {
  const Silent silent;
  const tests::ClosedPort closed;
  const auto waiting = start(silent.port(), kNever);
  waiting->add(addresses({"127.0.0.1"}));
  waiting->no_more();
  loop.io.poll();
  const auto failing = start(closed.port(), kNever);
  failing->add(addresses({"127.0.0.1"}));
  failing->no_more();
  waiting->cancel();
  failing->cancel();
  EXPECT_TRUE(loop.drains());
  EXPECT_FALSE(outcome.has_value());
}

}  // namespace
}  // namespace sotto::dial
