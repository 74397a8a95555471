// The handshake with a real proxy, which does as it should or anything else.
#include "libs/dial/socks5.hpp"

#include <tuple>

#include <boost/asio/read.hpp>
#include <gtest/gtest.h>

#include "libs/dial/test_listeners.hpp"
#include "libs/dial/test_loop.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/socks-server/socks_server.hpp"

namespace sotto::dial {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using client::Reason;
using test::SocksBehaviour;
using test::SocksServer;

class Handshake : public testing::Test {
 protected:
  std::shared_ptr<Socks5> start(const SocksServer& server, const SocksTarget& target) {
    tcp::socket socket(loop.io);
    socket.connect({boost::asio::ip::address_v4::loopback(), server.port()});
    return Socks5::start(std::move(socket), target, {"name", "word"},
                         [this](Socks5::Outcome result) { outcome.emplace(std::move(result)); });
  }
  void run(const SocksServer& server, const SocksTarget& target) {
    outcome.reset();
    const auto socks = start(server, target);
    EXPECT_FALSE(outcome.has_value());
    ASSERT_TRUE(loop.run_until([&] { return outcome.has_value(); }));
    EXPECT_TRUE(loop.drains());
  }
  bool connected() const { return outcome && std::holds_alternative<tcp::socket>(*outcome); }
  Reason failed() const {
    const auto* const failure = outcome ? std::get_if<client::Failure>(&*outcome) : nullptr;
    EXPECT_NE(failure, nullptr);
    if (failure == nullptr) return Reason::local;
    EXPECT_EQ(failure->layer, client::Layer::tcp);
    return failure->reason;
  }
  // The first that comes on the connection.
  std::string first_bytes(std::size_t size) {
    std::string text(size, ' ');
    boost::asio::read(std::get<tcp::socket>(*outcome), boost::asio::buffer(text));
    return text;
  }

  TestLoop loop;
  std::optional<Socks5::Outcome> outcome;
  const tests::FakeListener greeter{[](tests::FakePeer& peer) {
    peer.write("hello");
    peer.wait_closed();
  }};
};

TEST_F(Handshake, AsksForAName) {
  SocksServer server;
  server.map("abc.onion", greeter.port());
  run(server, {std::string("abc.onion"), 5223});
  ASSERT_TRUE(connected());
  EXPECT_EQ(first_bytes(5), "hello");
  const auto asked = server.requests();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_TRUE(asked[0].is_name);
  EXPECT_EQ(asked[0].host, "abc.onion");
  EXPECT_EQ(asked[0].port, 5223);
  EXPECT_EQ(asked[0].username, "name");
  EXPECT_EQ(asked[0].password, "word");
}

TEST_F(Handshake, AsksForAddresses) {
  SocksServer server;
  for (const auto* address : {"192.0.2.1", "2001:db8::1"}) {
    server.map(address, greeter.port());
    run(server, {make_address(address), 443});
    ASSERT_TRUE(connected()) << address;
    EXPECT_EQ(first_bytes(5), "hello");
    EXPECT_EQ(server.requests().back().host, address);
    EXPECT_FALSE(server.requests().back().is_name);
    EXPECT_EQ(server.requests().back().port, 443);
  }
}

TEST_F(Handshake, TakesTheLongestName) {
  SocksServer server;
  const std::string name(255, 'a');
  server.map(name, greeter.port());
  run(server, {name, 1});
  EXPECT_TRUE(connected());
}

TEST_F(Handshake, DoesWithoutAuthentication) {
  SocksServer server({.authenticates = false});
  server.map("a.example", greeter.port());
  run(server, {std::string("a.example"), 1});
  EXPECT_TRUE(connected());
  EXPECT_EQ(server.requests().at(0).username, "");
}

TEST_F(Handshake, ReadsAReplyWithANameToItsEnd) {
  SocksServer server({.behaviour = SocksBehaviour::name_reply});
  server.map("a.example", greeter.port());
  run(server, {std::string("a.example"), 1});
  ASSERT_TRUE(connected());
  EXPECT_EQ(first_bytes(5), "hello");
}

TEST_F(Handshake, KnowsEachReply) {
  const std::vector<std::pair<std::uint8_t, Reason>> rows{
      {0x01, Reason::socks_failed}, {0x02, Reason::socks_failed}, {0x03, Reason::unreachable},
      {0x04, Reason::unreachable},  {0x05, Reason::refused},      {0x06, Reason::timeout},
      {0x07, Reason::socks_failed}, {0x08, Reason::socks_failed}, {0x09, Reason::socks_failed},
      {0xf0, Reason::unreachable},  {0xf6, Reason::unreachable},  {0xf7, Reason::timeout},
      {0xf8, Reason::socks_failed}, {0xff, Reason::socks_failed}};
  for (const auto& [code, reason] : rows) {
    const SocksServer server({.reply = code});
    run(server, {std::string("a.example"), 1});
    EXPECT_EQ(failed(), reason) << int{code};
  }
}

class BadProxy : public Handshake, public testing::WithParamInterface<SocksBehaviour> {};

TEST_P(BadProxy, IsRefused) {
  SocksServer server({.behaviour = GetParam()});
  server.map("a.example", greeter.port());
  run(server, {std::string("a.example"), 1});
  EXPECT_EQ(failed(), Reason::socks_failed);
}

INSTANTIATE_TEST_SUITE_P(All, BadProxy,
                         testing::Values(SocksBehaviour::no_method, SocksBehaviour::unknown_method,
                                         SocksBehaviour::bad_credentials, SocksBehaviour::garbage_greeting,
                                         SocksBehaviour::garbage_authentication, SocksBehaviour::garbage_reply,
                                         SocksBehaviour::garbage_address, SocksBehaviour::half_reply,
                                         SocksBehaviour::close_at_request));

class HangingProxy : public Handshake, public testing::WithParamInterface<SocksBehaviour> {};

TEST_P(HangingProxy, IsLeftByCancelling) {
  SocksServer server({.behaviour = GetParam()});
  const auto socks = start(server, {std::string("a.example"), 1});
  ASSERT_TRUE(loop.run_until([&] { return server.hanging() == 1; }));
  socks->cancel();
  EXPECT_TRUE(server.wait_for_none_hanging());
  EXPECT_TRUE(loop.drains());
  EXPECT_FALSE(outcome.has_value());
}

INSTANTIATE_TEST_SUITE_P(All, HangingProxy,
                         testing::Values(SocksBehaviour::hang_at_greeting, SocksBehaviour::hang_at_authentication,
                                         SocksBehaviour::hang_at_request));

}  // namespace
}  // namespace sotto::dial
