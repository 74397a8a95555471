// Private routing to servers by name, through Tor, and where neither may be: with a real DNS server and a real SOCKS
// proxy, which say what they were asked.
#include "tests/e2e/e2e_test.hpp"
#include "tests/support/dns-server/dns_server.hpp"
#include "tests/support/session/relayed_command.hpp"
#include "tests/support/socks-server/socks_server.hpp"

namespace sotto::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const std::string kOnion = std::string(56, 'a') + ".onion";
constexpr std::string_view kHome = "--proxy-private-networks=127.0.0.0/8";

class ProxyHosts : public testing::Test {
 protected:
  // A proxy that asks only the DNS server of the test.
  std::unique_ptr<InProcessServer> proxy(std::vector<std::string> flags) const {
    flags.emplace_back("--ephemeral");
    flags.push_back("--proxy-dns-servers=127.0.0.1:" + std::to_string(dns.endpoint().port()));
    flags.emplace_back("--proxy-retry-after=0s");
    return std::make_unique<InProcessServer>(flags);
  }
  [[nodiscard]] std::string socks_flag() const {
    return "--proxy-socks-proxy=127.0.0.1:" + std::to_string(socks.port());
  }
  // PRXY to these hosts, and a message when there is a session.
  std::string send(const InProcessServer& server, std::vector<std::string> hosts) {
    const auto sender = server.connect();
    const auto options = relay.options();
    ProxiedClient client(*sender, {std::move(hosts), options.port, options.fingerprint});
    if (auto text = client.connect_text(); text != "OK") return text;
    if (auto text = client.ask(queue.send(as_bytes("by name"))); text != "OK") return text;
    return receive(*recipient, queue);
  }

  DnsServer dns;
  SocksServer socks;
  InProcessServer relay{{"--ephemeral"}};
  std::unique_ptr<SyncClient> recipient = relay.connect();
  QueueHandle queue = must(recipient->create_queue());
};

TEST_F(ProxyHosts, NamesAreLookedUpAndTheirAddressesChecked) {
  dns.set("relay.example.org", {"127.0.0.1"});
  const auto open = proxy({std::string(kHome)});
  EXPECT_EQ(send(*open, {"relay.example.org"}), "by name");
  EXPECT_EQ(send(*open, {"nobody.example.org"}), "PROXY BROKER NETWORK");
  // A name that leads to the inner network.
  const auto guarded = proxy({});
  EXPECT_EQ(send(*guarded, {"relay.example.org"}), "PROXY BROKER HOST");
}

TEST_F(ProxyHosts, IfOneHostDoesNotAnswerTheNextOneDoes) {
  dns.set("relay.example.org", {"127.0.0.1"});
  const auto server = proxy({std::string(kHome)});
  EXPECT_EQ(send(*server, {"nobody.example.org", "relay.example.org"}), "by name");
}

TEST_F(ProxyHosts, OnionHostsGoThroughTheSocksProxyOnly) {
  const auto without = proxy({std::string(kHome)});
  EXPECT_EQ(send(*without, {kOnion}), "PROXY BROKER HOST");

  socks.map(kOnion, relay.port());
  const auto with = proxy({std::string(kHome), socks_flag()});
  EXPECT_EQ(send(*with, {kOnion}), "by name");
  const auto requests = socks.requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests.front().host, kOnion);
  EXPECT_TRUE(requests.front().is_name);
  EXPECT_FALSE(requests.front().username.empty()) << "each server has a circuit of its own";
  EXPECT_THAT(dns.questions(), IsEmpty());
}

TEST_F(ProxyHosts, PublicHostsComeFirstUnlessOnionIsPreferred) {
  dns.set("relay.example.org", {"127.0.0.1"});
  socks.map(kOnion, relay.port());
  const auto usual = proxy({std::string(kHome), socks_flag()});
  EXPECT_EQ(send(*usual, {kOnion, "relay.example.org"}), "by name");
  EXPECT_THAT(socks.requests(), IsEmpty());
  const auto onion =
      proxy({std::string(kHome), socks_flag(), "--proxy-host-mode=onion", "--proxy-required-host-mode=true"});
  EXPECT_EQ(send(*onion, {"relay.example.org", kOnion}), "by name");
  EXPECT_THAT(socks.requests(), SizeIs(1));
  EXPECT_EQ(send(*onion, {"relay.example.org"}), "PROXY BROKER HOST");
}

TEST_F(ProxyHosts, EverythingThroughTheSocksProxyAsksNoDns) {
  socks.map("relay.example.org", relay.port());
  const auto server = proxy({socks_flag(), "--proxy-socks-mode=always"});
  EXPECT_EQ(send(*server, {"relay.example.org"}), "by name");
  EXPECT_EQ(send(*server, {"nobody.example.org"}), "PROXY BROKER NETWORK");
  EXPECT_EQ(send(*server, {"127.0.0.1"}), "PROXY BROKER HOST") << "not around the proxy, and not through it";
  EXPECT_THAT(socks.requests(), SizeIs(2));
  EXPECT_THAT(dns.questions(), IsEmpty());
}

}  // namespace
}  // namespace sotto::test
