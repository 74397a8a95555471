// Dialling what strangers name, with real servers, a real DNS server and a real proxy.
#include "libs/dial/guarded_dialer.hpp"

#include <algorithm>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/dial/test_listeners.hpp"
#include "libs/dial/test_loop.hpp"
#include "tests/support/dns-server/dns_server.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/socks-server/socks_server.hpp"

namespace sotto::dial {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using client::Destination;
using client::Layer;
using client::Reason;
using smp::HostKind;
using test::DnsBehaviour;
using test::DnsType;
using test::SocksBehaviour;
using test::SocksServer;

const smp::Host kOnion{HostKind::onion, "abc.onion"};

smp::Host name(const std::string& text) {
  return {HostKind::domain, text};
}
smp::Host ipv4(const std::string& text) {
  return {HostKind::ipv4, text};
}
smp::Host ipv6(const std::string& text) {
  return {HostKind::ipv6, text};
}

class Dialling : public testing::Test {
 protected:
  Dialling() {
    crypto::initialise();
    options.dns.servers = {dns.endpoint()};
    options.dns.timeout = 60s;
    options.host_timeout = 60s;
    options.private_networks = {*AddressPrefix::parse("127.0.0.0/8")};
  }

  void use_proxy(const SocksServer& proxy) { options.socks = SocksProxy{"127.0.0.1", proxy.port()}; }
  // Dials, and leaves what came of it in `outcome`.
  void dial(GuardedDialer& dialer, Destination destination) {
    outcome.reset();
    bool within = true;
    const auto attempt = dialer.dial(std::move(destination), [&](client::Dialer::Outcome result) {
      EXPECT_FALSE(within);
      EXPECT_FALSE(outcome.has_value());
      outcome.emplace(std::move(result));
    });
    within = false;
    ASSERT_TRUE(loop.run_until([&] { return outcome.has_value(); }));
    EXPECT_TRUE(loop.drains());
  }
  void dial(Destination destination) {
    GuardedDialer dialer(loop.io.get_executor(), options);
    dial(dialer, std::move(destination));
  }
  bool connects(const std::vector<smp::Host>& hosts, std::uint16_t port) {
    dial({hosts, port, {}});
    return connected();
  }
  bool connected() const { return outcome && std::holds_alternative<tcp::socket>(*outcome); }
  void expect_failure(Layer layer, Reason reason) const {
    ASSERT_TRUE(outcome.has_value());
    const auto* const failure = std::get_if<client::Failure>(&*outcome);
    ASSERT_NE(failure, nullptr);
    EXPECT_EQ(failure->layer, layer) << failure->error.message;
    EXPECT_EQ(failure->reason, reason) << failure->error.message;
    EXPECT_EQ(failure->error.message.find("127."), std::string::npos) << failure->error.message;
    EXPECT_EQ(failure->error.message.find("example"), std::string::npos) << failure->error.message;
  }
  // Dials until it hangs as the test says, and lets go: nothing is under way then, and nothing is said.
  template <class Condition>
  void expect_silence_after(const Destination& destination, Condition hangs) {
    GuardedDialer dialer(loop.io.get_executor(), options);
    auto attempt = dialer.dial(destination, [](const auto& /*outcome*/) { ADD_FAILURE() << "told"; });
    ASSERT_TRUE(loop.run_until(hangs));
    attempt = nullptr;
    EXPECT_TRUE(loop.drains());
  }

  TestLoop loop;
  test::DnsServer dns;
  const Listening server;
  DialOptions options;
  std::optional<client::Dialer::Outcome> outcome;
};

TEST_F(Dialling, ConnectsByAddressAndByName) {
  dns.set("a.example", {"127.0.0.1"});
  EXPECT_TRUE(connects({ipv4("127.0.0.1")}, server.port()));
  EXPECT_TRUE(connects({name("a.example")}, server.port()));
  // Mapped addresses are what they map.
  EXPECT_TRUE(connects({ipv6("::ffff:127.0.0.1")}, server.port()));
}

TEST_F(Dialling, RefusesAddressesThatAreNotPublic) {
  options.private_networks.clear();
  for (const auto& host : {ipv4("127.0.0.1"), ipv4("10.0.0.1"), ipv4("169.254.169.254"), ipv6("::1"),
                           ipv6("::ffff:127.0.0.1"), ipv6("64:ff9b::127.0.0.1"), ipv4("0.0.0.0"), ipv6("::")}) {
    dial({{host}, server.port(), {}});
    expect_failure(Layer::address, Reason::address_refused);
  }
}

TEST_F(Dialling, RefusesNamesOfAddressesThatAreNotPublic) {
  options.private_networks.clear();
  dns.set("inside.example", {"127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1"});
  for (const auto* host : {"inside.example", "localhost", "127.0.0.1", "127.1"}) {
    dial({{name(host)}, server.port(), {}});
    ASSERT_TRUE(outcome.has_value());
    EXPECT_FALSE(connected()) << host;
  }
  dial({{name("inside.example")}, server.port(), {}});
  expect_failure(Layer::dns, Reason::address_refused);
}

TEST_F(Dialling, ConnectsToNothingButTheAllowedAddressesOfAName) {
  const Listening other("127.0.0.2", server.port());
  options.private_networks = {*AddressPrefix::parse("127.0.0.2")};
  dns.set("mixed.example", {"127.0.0.1", "10.0.0.1", "127.0.0.2"});
  ASSERT_TRUE(connects({name("mixed.example")}, server.port()));
  EXPECT_EQ(std::get<tcp::socket>(*outcome).remote_endpoint().address().to_string(), "127.0.0.2");
}

TEST_F(Dialling, AsksTheCallerAboutEachAddress) {
  dns.set("a.example", {"127.0.0.1", "::ffff:127.0.0.3", "10.0.0.1"});
  std::vector<std::string> asked;
  const auto none = [&](const boost::asio::ip::address& address) {
    asked.push_back(address.to_string());
    return false;
  };
  dial({{name("a.example")}, server.port(), none});
  expect_failure(Layer::dns, Reason::address_refused);
  std::sort(asked.begin(), asked.end());
  // Not about what is refused anyway.
  EXPECT_EQ(asked, (std::vector<std::string>{"127.0.0.1", "127.0.0.3"}));
  dial({{ipv4("127.0.0.1")}, server.port(), none});
  expect_failure(Layer::address, Reason::address_refused);
}

TEST_F(Dialling, UsesSoManyAddressesOfAName) {
  std::vector<std::string> many;
  for (int i = 2; i < 26; ++i) many.push_back("127.0.1." + std::to_string(i));
  dns.set("many.example", many);
  std::size_t asked = 0;
  dial({{name("many.example")}, server.port(), [&](const auto& /*address*/) { return ++asked > 0; }});
  expect_failure(Layer::tcp, Reason::refused);
  EXPECT_EQ(asked, kMaxAddressesOfFamily);
}

TEST_F(Dialling, FallsBackFromIpv6ToIpv4) {
  options.private_networks.push_back(*AddressPrefix::parse("100::/64"));
  options.attempt_delay = 1ms;
  dns.set("dual.example", {"100::1", "127.0.0.1"});
  EXPECT_TRUE(connects({name("dual.example")}, server.port()));
}

TEST_F(Dialling, DoesNotWaitLongForTheAnswerAboutIpv6) {
  dns.set("half.example", {"127.0.0.1"});
  dns.behave("half.example", DnsType::aaaa, DnsBehaviour::hang);
  EXPECT_TRUE(connects({name("half.example")}, server.port()));
}

TEST_F(Dialling, SaysWhatDnsSaid) {
  dial({{name("missing.example")}, server.port(), {}});
  expect_failure(Layer::dns, Reason::name_not_found);
  dns.set("empty.example", {});
  dial({{name("empty.example")}, server.port(), {}});
  expect_failure(Layer::dns, Reason::no_family);
  for (const auto behaviour : {DnsBehaviour::server_failure, DnsBehaviour::garbage}) {
    dns.behave("bad.example", behaviour);
    dial({{name("bad.example")}, server.port(), {}});
    expect_failure(Layer::dns, Reason::dns_unavailable);
  }
  options.dns.timeout = 50ms;
  dns.behave("bad.example", DnsBehaviour::hang);
  dial({{name("bad.example")}, server.port(), {}});
  expect_failure(Layer::dns, Reason::timeout);
}

TEST_F(Dialling, TriesTheNextHost) {
  dns.behave("silent.example", DnsBehaviour::hang);
  options.host_timeout = 50ms;
  const Silent silent("127.0.0.3", server.port());
  EXPECT_TRUE(
      connects({name("missing.example"), ipv4("10.0.0.1"), ipv4("127.0.0.2"), ipv4("127.0.0.1")}, server.port()));
  EXPECT_TRUE(connects({name("silent.example"), ipv4("127.0.0.1")}, server.port()));
  EXPECT_TRUE(connects({ipv4("127.0.0.3"), ipv4("127.0.0.1")}, server.port()));
}

TEST_F(Dialling, ReportsTheHostThatGotFurthest) {
  dial({{name("missing.example"), ipv4("127.0.0.2"), ipv4("10.0.0.1"), name("missing.example")}, server.port(), {}});
  expect_failure(Layer::tcp, Reason::refused);
  options.host_timeout = 50ms;
  dns.behave("silent.example", DnsBehaviour::hang);
  dial({{name("silent.example"), ipv4("10.0.0.1")}, server.port(), {}});
  expect_failure(Layer::dns, Reason::timeout);
}

TEST_F(Dialling, TriesSoManyHosts) {
  std::vector<smp::Host> hosts(kMaxHosts, ipv4("127.0.0.2"));
  hosts.push_back(ipv4("127.0.0.1"));
  EXPECT_FALSE(connects(hosts, server.port()));
  hosts.erase(hosts.begin());
  EXPECT_TRUE(connects(hosts, server.port()));
}

TEST_F(Dialling, NeverLooksUpNamesOfTor) {
  for (const auto& host : {kOnion, name("abc.onion"), name("ABC.Onion."), name("a.b.ONION")}) {
    dial({{host}, server.port(), {}});
    expect_failure(Layer::address, Reason::onion_host);
  }
  dial({{}, server.port(), {}});
  expect_failure(Layer::address, Reason::onion_host);
  EXPECT_TRUE(dns.questions().empty());
}

TEST_F(Dialling, ChoosesHostsByTheirKind) {
  struct Row {
    HostMode mode;
    bool required;
    bool proxy;
    std::vector<smp::Host> hosts;
    const char* used;  // by which way: direct, proxy, or none
  };
  const auto direct = ipv4("127.0.0.1");
  const std::vector<Row> rows{
      {HostMode::public_hosts, false, true, {kOnion, direct}, "direct"},
      {HostMode::public_hosts, false, true, {kOnion}, "proxy"},
      {HostMode::public_hosts, true, true, {kOnion, direct}, "direct"},
      {HostMode::public_hosts, true, true, {kOnion}, "none"},
      {HostMode::public_hosts, false, false, {kOnion, direct}, "direct"},
      {HostMode::public_hosts, false, false, {kOnion}, "none"},
      {HostMode::onion, false, true, {direct, kOnion}, "proxy"},
      {HostMode::onion, false, true, {direct}, "direct"},
      {HostMode::onion, true, true, {direct, kOnion}, "proxy"},
      {HostMode::onion, true, true, {direct}, "none"},
      {HostMode::onion, false, false, {direct, kOnion}, "direct"},
      {HostMode::onion, true, false, {direct, kOnion}, "none"},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    SocksServer proxy;
    proxy.map(kOnion.name, server.port());
    options.host_mode = row.mode;
    options.required_host_mode = row.required;
    options.socks.reset();
    if (row.proxy) use_proxy(proxy);
    dial({row.hosts, server.port(), {}});
    const std::string used = !connected() ? "none" : proxy.requests().empty() ? "direct" : "proxy";
    EXPECT_EQ(used, row.used) << i;
    if (used == "none") expect_failure(Layer::address, Reason::onion_host);
  }
}

TEST_F(Dialling, KeepsDestinationsApartAtTheProxy) {
  SocksServer proxy;
  proxy.map("abc.onion", server.port());
  proxy.map("def.onion", server.port());
  use_proxy(proxy);
  GuardedDialer dialer(loop.io.get_executor(), options);
  const smp::Host other{HostKind::onion, "def.onion"};
  dial(dialer, {{kOnion}, 5223, {}});
  dial(dialer, {{kOnion}, 5223, {}});
  dial(dialer, {{kOnion}, 443, {}});
  dial(dialer, {{other}, 5223, {}});
  dial(dialer, {{kOnion, name("a.example")}, 5223, {}});
  dial({{kOnion}, 5223, {}});  // another dialer
  const auto asked = proxy.requests();
  std::vector<std::string> names;
  for (const auto& request : asked) {
    EXPECT_EQ(request.password, "0");
    EXPECT_EQ(request.username.size(), 32U);
    names.push_back(request.username);
  }
  // The server with a name besides is connected to by that name, which does not exist.
  ASSERT_EQ(names.size(), 5U);
  EXPECT_EQ(names[0], names[1]);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()) - names.begin(), 4);
}

TEST_F(Dialling, GivesTheProxyNamesAsTheyAre) {
  SocksServer proxy;
  proxy.map("a.example", server.port());
  proxy.map("8.8.8.8", server.port());
  proxy.map("127.0.0.1", server.port());
  use_proxy(proxy);
  options.socks_mode = SocksMode::always;
  ASSERT_TRUE(connects({name("a.example")}, 5223));
  ASSERT_TRUE(connects({ipv4("8.8.8.8")}, 5223));
  ASSERT_TRUE(connects({ipv6("::ffff:127.0.0.1")}, 5223));
  const auto asked = proxy.requests();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_TRUE(asked[0].is_name);
  EXPECT_FALSE(asked[1].is_name);
  EXPECT_EQ(asked[2].host, "127.0.0.1");
  EXPECT_TRUE(dns.questions().empty());
}

TEST_F(Dialling, DoesNotAskTheProxyForWhatIsNotPublic) {
  const SocksServer proxy;
  use_proxy(proxy);
  options.socks_mode = SocksMode::always;
  options.private_networks.clear();
  for (const auto& host : {ipv4("127.0.0.1"), ipv6("::1"), ipv6("::ffff:10.0.0.1"), name("localhost"), name("127.1"),
                           name("2130706433"), name("0x7f000001"), name("a.localhost.")}) {
    dial({{host}, server.port(), {}});
    expect_failure(Layer::address, Reason::address_refused);
  }
  dial({{ipv4("8.8.8.8")}, server.port(), [](const auto& /*address*/) { return false; }});
  expect_failure(Layer::address, Reason::address_refused);
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(Dialling, LooksUpTheProxy) {
  SocksServer proxy;
  proxy.map(kOnion.name, server.port());
  dns.set("proxy.example", {"127.0.0.1"});
  options.socks = SocksProxy{"proxy.example", proxy.port()};
  // An administrator names it: it may be anywhere.
  options.private_networks.clear();
  EXPECT_TRUE(connects({kOnion}, 5223));
  options.socks->host = "localhost";
  EXPECT_TRUE(connects({kOnion}, 5223));
}

TEST_F(Dialling, SaysThatTheProxyIsAway) {
  const tests::ClosedPort closed;
  options.socks = SocksProxy{"127.0.0.1", closed.port()};
  dial({{kOnion}, 5223, {}});
  expect_failure(Layer::tcp, Reason::socks_failed);
  options.socks = SocksProxy{"missing.example", closed.port()};
  dial({{kOnion}, 5223, {}});
  expect_failure(Layer::tcp, Reason::socks_failed);
}

TEST_F(Dialling, SaysWhatTheProxySaid) {
  const SocksServer proxy({.reply = 5});
  use_proxy(proxy);
  dial({{kOnion}, 5223, {}});
  expect_failure(Layer::tcp, Reason::refused);
}

TEST_F(Dialling, TriesTheNextHostWhereTheProxyHangs) {
  SocksServer proxy({.behaviour = SocksBehaviour::hang_at_request});
  use_proxy(proxy);
  options.host_timeout = 50ms;
  expect_silence_after({{kOnion, {HostKind::onion, "def.onion"}}, 5223, {}},
                       [&] { return proxy.requests().size() == 2; });
  EXPECT_EQ(proxy.requests().at(1).host, "def.onion");
  EXPECT_TRUE(proxy.wait_for_none_hanging());
}

TEST_F(Dialling, IsSilentOnceLetGoOf) {
  expect_silence_after({{ipv4("127.0.0.1")}, server.port(), {}}, [] { return true; });
  expect_silence_after({{kOnion}, server.port(), {}}, [] { return true; });
}

TEST_F(Dialling, IsSilentOnceLetGoOfDuringDns) {
  dns.behave("silent.example", DnsBehaviour::hang);
  expect_silence_after({{name("silent.example")}, server.port(), {}}, [&] { return dns.questions().size() == 2; });
}

TEST_F(Dialling, IsSilentOnceLetGoOfDuringTheConnection) {
  const Silent silent;
  bool asked = false;
  expect_silence_after(
      {{ipv4("127.0.0.1"), ipv4("127.0.0.1")}, silent.port(), [&](const auto& /*address*/) { return asked = true; }},
      [&] { return asked; });
}

TEST_F(Dialling, IsSilentOnceLetGoOfAtTheProxy) {
  for (const auto stage :
       {SocksBehaviour::hang_at_greeting, SocksBehaviour::hang_at_authentication, SocksBehaviour::hang_at_request}) {
    SocksServer proxy({.behaviour = stage});
    use_proxy(proxy);
    expect_silence_after({{kOnion}, 5223, {}}, [&] { return proxy.hanging() == 1; });
    EXPECT_TRUE(proxy.wait_for_none_hanging());
  }
}

TEST_F(Dialling, MayBeLetGoOfAfterAnyStep) {
  SocksServer proxy;
  proxy.map("abc.onion", server.port());
  dns.set("proxy.example", {"127.0.0.1", "::1"});
  options.socks = SocksProxy{"proxy.example", proxy.port()};
  dns.set("a.example", {"127.0.0.2", "::1", "127.0.0.1"});
  GuardedDialer dialer(loop.io.get_executor(), options);
  const std::vector<std::vector<smp::Host>> servers{{name("missing.example"), name("a.example")}, {kOnion}};
  for (const auto& hosts : servers) {
    bool ended = false;
    for (std::size_t steps = 0; !ended; ++steps) {
      auto attempt = dialer.dial({hosts, server.port(), {}}, [&](const auto& /*outcome*/) { ended = true; });
      loop.io.restart();
      for (std::size_t step = 0; step < steps && !ended; ++step)
        ASSERT_EQ(loop.io.run_one_for(TestLoop::kPatience), 1U);
      const bool in_time = ended;
      attempt = nullptr;
      ASSERT_TRUE(loop.drains());
      EXPECT_EQ(ended, in_time) << steps;
    }
  }
}

TEST_F(Dialling, MayBeLetGoOfWithinAnyHandler) {
  GuardedDialer dialer(loop.io.get_executor(), options);
  const Silent silent;
  auto other = dialer.dial({{ipv4("127.0.0.1")}, silent.port(), {}}, [](const auto& /*outcome*/) { ADD_FAILURE(); });
  std::unique_ptr<client::Dialer::Attempt> own;
  std::unique_ptr<client::Dialer::Attempt> next;
  bool ended = false;
  own = dialer.dial({{ipv4("127.0.0.1")}, server.port(), {}}, [&](const auto& /*outcome*/) {
    other = nullptr;
    own = nullptr;
    next = dialer.dial({{ipv4("127.0.0.1")}, server.port(), {}}, [&](const auto& /*second*/) { ended = true; });
    EXPECT_FALSE(ended);
  });
  EXPECT_TRUE(loop.run_until([&] { return ended; }));
  EXPECT_TRUE(loop.drains());
}

TEST_F(Dialling, MayBeLetGoOfWhileItAsksTheCaller) {
  GuardedDialer dialer(loop.io.get_executor(), options);
  dns.set("a.example", {"127.0.0.1", "127.0.0.2"});
  std::unique_ptr<client::Dialer::Attempt> attempt;
  for (const auto& host : {ipv4("127.0.0.1"), name("a.example")}) {
    const auto leave = [&](const auto& /*address*/) {
      attempt = nullptr;
      return true;
    };
    attempt = dialer.dial({{host, host}, server.port(), leave}, [](const auto& /*outcome*/) { ADD_FAILURE(); });
    EXPECT_TRUE(loop.drains());
    EXPECT_EQ(attempt, nullptr);
  }
}

}  // namespace
}  // namespace sotto::dial
