// Private routing from end to end: a client sends through one server (the proxy) to another one (the relay), where the
// recipient is. Both are of the shape that the run asks for.
#include <set>

#include "tests/e2e/e2e_test.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"
#include "tests/support/server/server_process.hpp"
#include "tests/support/session/relayed_command.hpp"

namespace sotto::test {
namespace {

constexpr std::string_view kHome = "--proxy-private-networks=127.0.0.0/8";

ProxiedClient::Relay relay_of(const InProcessServer& server) {
  const auto options = server.options();
  return {{"127.0.0.1"}, options.port, options.fingerprint};
}
ProxiedClient::Relay relay_of(const tests::FakeSmpServer& server) {
  return {{"127.0.0.1"}, server.port(), server.fingerprint()};
}

struct Way {
  smp::Version version;
  KeyKind keys;
};
class Proxied : public testing::TestWithParam<Way> {
 protected:
  InProcessServer proxy{{"--ephemeral", std::string(kHome)}};
  InProcessServer relay{{"--ephemeral"}};
  std::unique_ptr<SyncClient> recipient = relay.connect();
  std::unique_ptr<SyncClient> sender = proxy.connect(std::max<smp::Version>(GetParam().version, 8));
};
INSTANTIATE_TEST_SUITE_P(Versions, Proxied,
                         testing::Values(Way{8, KeyKind::ed25519}, Way{8, KeyKind::x25519}, Way{11, KeyKind::ed25519},
                                         Way{11, KeyKind::x25519}, Way{15, KeyKind::ed25519}, Way{15, KeyKind::x25519},
                                         Way{18, KeyKind::ed25519}, Way{18, KeyKind::x25519}, Way{20, KeyKind::ed25519},
                                         Way{20, KeyKind::x25519}),
                         [](const auto& way) {
                           return "v" + std::to_string(way.param.version) +
                                  (way.param.keys == KeyKind::x25519 ? "X25519" : "Ed25519");
                         });

// The sender's client and its session with the proxy are of the same version; the proxy's and the relay's is the
// newest.
TEST_P(Proxied, SecuresAndSendsLargestMessagesInOrder) {
  const auto [version, keys] = GetParam();
  auto queue = must(recipient->create_queue({.key_kind = keys}));
  ProxiedClient client(*sender, relay_of(relay), version);
  ASSERT_EQ(client.connect_text(), "OK");
  EXPECT_EQ(client.relay().versions, (smp::VersionRange{8, 20}));
  if (version >= smp::kVersionSenderSecure) {
    ASSERT_EQ(client.ask(queue.skey()), "OK");
    queue.secured = true;
  } else {
    ASSERT_TRUE(recipient->secure_as_recipient(queue));
  }
  // Windows of messages: at most as many as a queue holds.
  constexpr int kWindow = 20;
  const int windows = version == 20 ? 50 : 2;
  const std::size_t size = std::min<std::size_t>(smp::max_message_size(version), 16'048);
  for (int window = 0; window < windows; ++window) {
    std::vector<std::string> bodies;
    std::vector<Request> requests;
    for (int i = 0; i < kWindow; ++i) {
      bodies.push_back("message " + std::to_string(window * kWindow + i) + " ");
      bodies.back().resize(size, '.');
    }
    for (const auto& body : bodies) requests.push_back(queue.send(as_bytes(body)));
    for (const auto& answer : client.request(requests)) ASSERT_EQ(text_of(must(answer)), "OK");
    for (const auto& body : bodies) ASSERT_EQ(receive(*recipient, queue), body);
  }
}

TEST_P(Proxied, TellsTheRelaysErrorsFromItsOwn) {
  const auto [version, keys] = GetParam();
  const auto queue = must(recipient->create_queue({.key_kind = keys}));
  ProxiedClient client(*sender, relay_of(relay), version);
  ASSERT_EQ(client.connect_text(), "OK");
  // Of the relay: inside.
  const auto stranger = PrivateKey::generate(keys);
  EXPECT_EQ(client.ask(&stranger, queue.sender_id.view(), smp::Send{as_bytes("F"), as_bytes("x")}), "ERR AUTH");
  EXPECT_EQ(client.ask(queue.sub()), "ERR CMD PROHIBITED");
  // Of the proxy: outside.
  const Bytes unknown(32, 1);
  EXPECT_EQ(ask(*sender, {.entity_id = unknown,
                          .command = smp::Pfwd{version, PrivateKey::generate(KeyKind::x25519).public_key(), unknown}}),
            "ERR PROXY NO_SESSION");
  // Of the relay about the proxy's layer.
  const RelayedCommand command(client.relay(), version, queue.send(as_bytes("x")));
  Bytes damaged = to_bytes(command.encrypted());
  damaged.back() ^= 1U;
  EXPECT_EQ(ask(*sender, {.entity_id = client.relay().session_id,
                          .command = smp::Pfwd{version, command.key(), damaged},
                          .corr_id = command.corr_id()}),
            "ERR PROXY PROTOCOL CRYPTO");
  EXPECT_EQ(client.ask(queue.send(as_bytes("goes on"))), "OK");
  EXPECT_EQ(receive(*recipient, queue), "goes on");
}

// Relays of older versions: without the flag of a proxy in their handshake (before 14) their blocks are encrypted (from
// 11 on).
TEST(Proxy, RelaysOfOlderVersions) {
  const InProcessServer proxy({"--ephemeral", std::string(kHome)});
  const auto sender = proxy.connect();
  for (const smp::Version newest : std::initializer_list<smp::Version>{8, 10, 11, 13, 14, 16, 19}) {
    const InProcessServer relay({"--ephemeral", "--versions=6-" + std::to_string(newest)});
    const auto recipient = relay.connect();
    const auto queue = must(recipient->create_queue({.mode = std::nullopt}));
    ProxiedClient client(*sender, relay_of(relay));
    ASSERT_EQ(client.connect_text(), "OK") << newest;
    EXPECT_EQ(client.relay().versions, (smp::VersionRange{8, newest}));
    EXPECT_EQ(client.ask(queue.send(as_bytes("hello"))), "OK") << newest;
    EXPECT_EQ(receive(*recipient, queue), "hello");
  }
}

std::vector<std::string> proxy_flags(std::vector<std::string> more = {}) {
  more.emplace_back("--ephemeral");
  more.emplace_back(kHome);
  return more;
}

TEST(Proxy, ThePasswordIsThatOfNewQueues) {
  InProcessServer proxy(proxy_flags(), {"SOTTO_PASSWORD=correct-horse-battery"});
  const InProcessServer relay({"--ephemeral"});
  const auto sender = proxy.connect();
  ProxiedClient client(*sender, relay_of(relay));
  EXPECT_EQ(client.connect_text(), "PROXY BASIC_AUTH");
  EXPECT_EQ(client.connect_text("wrong"), "PROXY BASIC_AUTH");
  EXPECT_EQ(client.connect_text("correct-horse-battery"), "OK");
  const auto decisions = [&](const std::string& decision) {
    return metric(proxy, "smp_proxy_decisions_total{decision=\"" + decision + "\"}");
  };
  EXPECT_EQ(decisions("missing_password"), 1);
  EXPECT_EQ(decisions("wrong_password"), 1);
  EXPECT_EQ(decisions("allowed"), 1);
}

// Whatever the relay's shape is, this proxy is a program of its own.
TEST(Proxy, AStandaloneServerSendsToRelaysOfEachShape) {
  const ServerProcess proxy({std::string(kHome), "--proxy-own-domains=example.org"});
  const InProcessServer relay({"--ephemeral"});
  const auto recipient = relay.connect();
  const auto sender = proxy.connect();
  auto queue = must(recipient->create_queue());
  ProxiedClient client(*sender, relay_of(relay));
  ASSERT_EQ(client.connect_text(), "OK");
  ASSERT_EQ(client.ask(queue.skey()), "OK");
  queue.secured = true;
  ASSERT_EQ(client.ask(queue.send(as_bytes("from standalone"))), "OK");
  EXPECT_EQ(receive(*recipient, queue), "from standalone");
}

// The same the other way round.
TEST(Proxy, AStandaloneServerIsRelayOfProxiesOfEachShape) {
  const InProcessServer proxy(proxy_flags());
  const ServerProcess relay;
  const auto recipient = relay.connect();
  const auto sender = proxy.connect();
  auto queue = must(recipient->create_queue());
  ProxiedClient client(*sender, {{"127.0.0.1"}, relay.port(), relay.fingerprint()});
  ASSERT_EQ(client.connect_text(), "OK");
  ASSERT_EQ(client.ask(queue.skey()), "OK");
  queue.secured = true;
  ASSERT_EQ(client.ask(queue.send(as_bytes("to standalone"))), "OK");
  EXPECT_EQ(receive(*recipient, queue), "to standalone");
}

// A password lets one client in, not whoever learns of the session that it got.
TEST(Proxy, SessionsAreOfTheClientsThatWereLetIn) {
  const InProcessServer proxy(proxy_flags(), {"SOTTO_PASSWORD=correct-horse-battery"});
  const InProcessServer relay({"--ephemeral"});
  const auto recipient = relay.connect();
  const auto queue = must(recipient->create_queue());
  const auto sender = proxy.connect();
  ProxiedClient client(*sender, relay_of(relay));
  ASSERT_EQ(client.connect_text("correct-horse-battery"), "OK");
  const auto stranger = proxy.connect();
  const RelayedCommand command(client.relay(), 20, queue.send(as_bytes("x")));
  EXPECT_EQ(
      ask(*stranger, {.entity_id = client.relay().session_id, .command = command.pfwd(), .corr_id = command.corr_id()}),
      "ERR PROXY NO_SESSION");
}

TEST(Proxy, LoopbackIsRefusedUnlessItIsAllowed) {
  const InProcessServer proxy({"--ephemeral", "--proxy-enabled=true"});
  const InProcessServer relay({"--ephemeral"});
  const auto sender = proxy.connect();
  for (const auto* host : {"127.0.0.1", "::1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"}) {
    auto address = relay_of(relay);
    address.hosts = {host};
    ProxiedClient client(*sender, address);
    EXPECT_EQ(client.connect_text(), "PROXY BROKER HOST") << host;
  }
}

TEST(Proxy, SwitchedOffIsSaidAsAHostThatCannotBeReached) {
  const InProcessServer proxy({"--ephemeral", "--proxy-enabled=false", std::string(kHome)});
  const InProcessServer relay({"--ephemeral"});
  const auto sender = proxy.connect();
  ProxiedClient client(*sender, relay_of(relay));
  EXPECT_EQ(client.connect_text(), "PROXY BROKER HOST");
}

TEST(Proxy, AddressesThatAreNone) {
  const InProcessServer proxy(proxy_flags());
  const auto sender = proxy.connect();
  const Bytes fingerprint(32, 'f');
  const auto prxy = [&](const char* host, const char* port) {
    return ask(*sender, nullptr, {}, smp::Prxy{{as_bytes(host)}, as_bytes(port), fingerprint, std::nullopt});
  };
  EXPECT_EQ(prxy("127.0.0.1", "0"), "ERR PROXY BROKER HOST");
  EXPECT_EQ(prxy("127.0.0.1", "65536"), "ERR PROXY BROKER HOST");
  EXPECT_EQ(prxy("127.0.0.1", "99999999999999999999"), "ERR PROXY BROKER HOST");
  EXPECT_EQ(prxy("a..b", "5223"), "ERR PROXY BROKER HOST");
  EXPECT_EQ(prxy(std::string(200, 'a').c_str(), "5223"), "ERR PROXY BROKER HOST");
}

TEST(Proxy, RelaysThatFailEachInItsWay) {
  InProcessServer proxy(proxy_flags({"--proxy-connect-timeout=1s", "--proxy-request-timeout=1s"}));
  const auto sender = proxy.connect();
  const auto connect = [&](ProxiedClient::Relay relay) {
    return ProxiedClient(*sender, std::move(relay)).connect_text();
  };
  const tests::ClosedPort closed;
  EXPECT_EQ(connect({{"127.0.0.1"}, closed.port(), {}}), "PROXY BROKER NETWORK");
  const tests::FakeListener garbage([](tests::FakePeer& peer) { peer.write("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  EXPECT_EQ(connect({{"127.0.0.1"}, garbage.port(), {}}), "PROXY BROKER NETWORK");
  const tests::FakeListener hangs([](tests::FakePeer& peer) { peer.wait_closed(); });
  EXPECT_EQ(connect({{"127.0.0.1"}, hangs.port(), {}}), "PROXY BROKER TIMEOUT");
  const tests::FakeSmpServer somebody;
  EXPECT_EQ(connect({{"127.0.0.1"}, somebody.port(), {}}), "PROXY BROKER TRANSPORT HANDSHAKE IDENTITY");
  const tests::FakeSmpServer old({.versions = {6, 7}});
  EXPECT_EQ(connect(relay_of(old)), "PROXY BROKER TRANSPORT VERSION");

  const Bytes id(kIdSize, 3);
  const auto send = [&](const tests::FakeSmpServer& server) {
    ProxiedClient client(*sender, relay_of(server));
    EXPECT_EQ(client.connect_text(), "OK");
    return client.ask(nullptr, id, smp::Send{as_bytes("F"), as_bytes("x")});
  };
  const tests::FakeSmpServer silent({.silent_word = "RFWD"});
  EXPECT_EQ(send(silent), "proxy: PROXY BROKER TIMEOUT");
  const tests::FakeSmpServer ends({.hang_up_word = "RFWD"});
  EXPECT_EQ(send(ends), "proxy: PROXY BROKER NETWORK");
  const tests::FakeSmpServer fails({.fail_word = "RFWD"});
  EXPECT_EQ(send(fails), "proxy: PROXY PROTOCOL INTERNAL");
  EXPECT_TRUE(sender->ping()) << "the client's own session is as it was";
}

// What a relay says of a command may be too long for the block that tells the client of it.
TEST(Proxy, ErrorsOfRelaysMayBeTooLarge) {
  const InProcessServer proxy(proxy_flags());
  const tests::FakeSmpServer relay({.fail_word = "RFWD", .fail_error = smp::StoreError{std::string(16'310, 'x')}});
  const auto sender = proxy.connect();
  ProxiedClient client(*sender, relay_of(relay));
  ASSERT_EQ(client.connect_text(), "OK");
  const Bytes id(kIdSize, 3);
  EXPECT_EQ(client.ask(nullptr, id, smp::Send{as_bytes("F"), as_bytes("x")}),
            "proxy: PROXY BROKER RESPONSE \x05"
            "BLOCK");
  EXPECT_TRUE(sender->ping());
}

// What a relay that does not answer keeps waiting is the message to it, and nothing else of the client.
TEST(Proxy, OtherCommandsDoNotWaitForRelays) {
  InProcessServer proxy(proxy_flags());
  const tests::FakeListener hangs([](tests::FakePeer& peer) { peer.wait_closed(); });
  const auto client = proxy.connect();
  const auto queue = must(client->create_queue());
  const Bytes fingerprint(32, 'f');
  const auto port = std::to_string(hangs.port());
  std::vector<std::string> order;
  const Request prxy{.command = smp::Prxy{{as_bytes("127.0.0.1")}, as_bytes(port), fingerprint, std::nullopt}};
  client->connection().submit(prxy, [&](const auto& /*answer*/) { order.emplace_back("PRXY"); });
  ASSERT_TRUE(client->send(queue, "meanwhile"));
  EXPECT_EQ(receive(*client, queue), "meanwhile");
  EXPECT_TRUE(order.empty());
}

// A client that asks for many relays at once takes its turns, and what it waits for goes with it.
TEST(Proxy, AClientHasABoundedNumberUnderWay) {
  InProcessServer proxy(proxy_flags({"--proxy-client-concurrency=2"}));
  const tests::FakeListener hangs([](tests::FakePeer& peer) { peer.wait_closed(); });
  const auto port = std::to_string(hangs.port());
  auto client = proxy.connect();
  std::vector<Bytes> fingerprints;
  std::vector<Request> requests;
  for (std::uint8_t i = 0; i < 20; ++i) fingerprints.emplace_back(32, i);
  for (const auto& fingerprint : fingerprints) {
    requests.push_back({.command = smp::Prxy{{as_bytes("127.0.0.1")}, as_bytes(port), fingerprint, std::nullopt}});
  }
  client->connection().submit(requests, [](std::size_t /*index*/, const auto& /*answer*/) {});
  EXPECT_FALSE(client->ping(std::chrono::milliseconds(500))) << "it is not read from until one of them has ended";
  EXPECT_EQ(metric(proxy, "smp_relay_connections{state=\"connecting\"}"), 2);
  client.reset();
  const auto other = proxy.connect();
  EXPECT_TRUE(other->ping());
  EXPECT_EQ(metric(proxy, "smp_relay_connections{state=\"connecting\"}"), 2);
}

TEST(Proxy, ARelayThatComesBackIsFoundAgain) {
  InProcessServer proxy(proxy_flags({"--proxy-retry-after=0s"}));
  std::optional<ServerProcess> relay(std::in_place);
  const auto sender = proxy.connect();
  const auto recipient = relay->connect();
  const auto queue = must(recipient->create_queue());
  ProxiedClient client(*sender, {{"127.0.0.1"}, relay->port(), relay->fingerprint()});
  ASSERT_EQ(client.connect_text(), "OK");
  ASSERT_EQ(client.ask(queue.send(as_bytes("before"))), "OK");
  relay->kill();
  EXPECT_THAT(client.ask(queue.send(as_bytes("lost"))),
              testing::AnyOf("proxy: PROXY BROKER NETWORK", "proxy: PROXY NO_SESSION"));
  EXPECT_EQ(client.connect_text(), "PROXY BROKER NETWORK");
  relay->start();
  ProxiedClient again(*sender, {{"127.0.0.1"}, relay->port(), relay->fingerprint()});
  ASSERT_EQ(again.connect_text(), "OK");
  ASSERT_EQ(again.ask(queue.send(as_bytes("after"))), "OK");
  const auto reconnected = relay->connect();
  ASSERT_TRUE(reconnected->subscribe(queue));
  EXPECT_EQ(receive(*reconnected, queue), "before");
  EXPECT_EQ(receive(*reconnected, queue), "after");
}

// What was answered OK is there, whenever the relay dies.
TEST(Proxy, WhatARelayTookIsThereAfterItWasKilled) {
  InProcessServer proxy(proxy_flags({"--proxy-retry-after=0s"}));
  ServerProcess relay({"--quota=1000"});
  const auto sender = proxy.connect();
  const auto queue = must(relay.connect()->create_queue({.subscribe = false}));
  std::set<std::string> taken;
  int number = 0;
  for (int round = 0; round < 3; ++round) {
    ProxiedClient client(*sender, {{"127.0.0.1"}, relay.port(), relay.fingerprint()});
    ASSERT_EQ(client.connect_text(), "OK");
    std::vector<std::string> bodies;
    for (int i = 0; i < 100; ++i) bodies.push_back(std::to_string(number++));
    std::vector<RelayedCommand> commands;
    std::vector<Request> requests;
    commands.reserve(bodies.size());
    for (const auto& body : bodies) {
      const auto& command = commands.emplace_back(client.relay(), 20, queue.send(as_bytes(body)));
      requests.push_back(
          {.entity_id = client.relay().session_id, .command = command.pfwd(), .corr_id = command.corr_id()});
    }
    std::size_t answered = 0;
    bool killed = false;
    sender->connection().submit(requests, [&](std::size_t index, Result<client::Received> answer) {
      ++answered;
      const auto* pres = answer ? answer->get<smp::Pres>() : nullptr;
      if (pres == nullptr) return;
      const auto inner = commands[index].open(pres->encrypted);
      if (inner && inner->is<smp::Ok>()) taken.insert(bodies[index]);
    });
    // In the middle of it: some are answered, others are at the relay.
    while (answered < bodies.size()) {
      if (!killed && taken.size() >= 10 * (static_cast<std::size_t>(round) + 1)) {
        relay.kill();
        killed = true;
      }
      ASSERT_TRUE(sender->ping());
    }
    if (!killed) relay.kill();
    relay.start();
  }
  const auto recipient = relay.connect();
  ASSERT_TRUE(recipient->subscribe(queue));
  std::set<std::string> there;
  while (!std::includes(there.begin(), there.end(), taken.begin(), taken.end())) {
    const auto text = receive(*recipient, queue);
    ASSERT_TRUE(there.insert(text).second) << text;
  }
  EXPECT_GE(taken.size(), 30U);
}

TEST(Proxy, ClientsShareOneConnectionOfEachGateway) {
  InProcessServer proxy(proxy_flags());
  const InProcessServer relay({"--ephemeral"});
  constexpr int kClients = 100;
  constexpr int kEach = 10;
  const auto address = relay_of(relay);
  const auto port = std::to_string(address.port);
  std::vector<std::unique_ptr<SyncClient>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(proxy.connect());
  for (const auto& client : clients) {
    const std::vector<Request> asks(
        kEach,
        Request{.command = smp::Prxy{{as_bytes("127.0.0.1")}, as_bytes(port), address.fingerprint, std::nullopt}});
    for (const auto& answer : must(client->request(asks))) EXPECT_EQ(text_of(must(answer)), "PKEY");
  }
  const double gateways = shape_is_platform() ? 2 : 1;
  EXPECT_EQ(metric(proxy, "smp_relay_connections{state=\"established\"}"), gateways);
  EXPECT_EQ(metric(proxy, "smp_relay_sessions_total{outcome=\"ok\",source=\"other\"}"), kClients * kEach);
}

}  // namespace
}  // namespace sotto::test
