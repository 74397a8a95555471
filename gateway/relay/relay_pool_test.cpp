#include "gateway/relay/relay_pool.hpp"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/dial/guarded_dialer.hpp"
#include "libs/observability/log.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::gateway {
namespace {

using namespace std::chrono_literals;
using tests::ClosedPort;
using tests::FakeListener;
using tests::FakePeer;
using tests::FakeSmpServer;

constexpr auto kPatience = 30s;

// Until it holds, or for so long that it will not.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class SettablePolicy final : public backend::AccessPolicy {
 public:
  void set(bool on, const std::vector<std::string>& destinations) {
    const std::lock_guard lock(mutex_);
    policy_ = std::make_shared<const backend::ProxyPolicy>(
        backend::ProxyPolicy{on, backend::ProxyDestinations::parse(destinations).value()});
  }
  [[nodiscard]] std::shared_ptr<const backend::ProxyPolicy> proxy_policy() const override {
    const std::lock_guard lock(mutex_);
    return policy_;
  }
  std::optional<backend::Admission> decide(backend::AccessPurpose /*purpose*/, std::optional<ByteView> /*password*/,
                                           const backend::AccessSource& /*source*/) override {
    return backend::Admission{backend::AccessDecision::allowed};
  }
  void ask(backend::AccessPurpose /*purpose*/, ByteView /*password*/, const backend::AccessSource& /*source*/,
           std::function<void(backend::Admission)> done) override {
    done({backend::AccessDecision::allowed});
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const backend::ProxyPolicy> policy_ = std::make_shared<const backend::ProxyPolicy>();
};

class RelayPoolTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  void TearDown() override {
    pool.reset();
    log::set_sink({});
  }

  void start(RelayOptions options = {}, bool loopback = true) {
    const auto dialer = [loopback](boost::asio::io_context& io) -> Result<std::unique_ptr<client::Dialer>> {
      dial::DialOptions out;
      if (loopback) out.private_networks = {dial::AddressPrefix::parse("127.0.0.0/8").value()};
      return std::unique_ptr<client::Dialer>(std::make_unique<dial::GuardedDialer>(io.get_executor(), out));
    };
    pool = RelayPool::create(std::move(options), dialer, policy).value();
  }
  static RelayAddress address_of(std::uint16_t port, const crypto::Fingerprint& fingerprint = {}) {
    return {{{smp::HostKind::ipv4, "127.0.0.1"}}, port, fingerprint};
  }
  static RelayAddress address_of(const FakeSmpServer& server) {
    return address_of(server.port(), server.fingerprint());
  }

  using Session = std::variant<std::shared_ptr<const RelaySession>, smp::ProtocolError>;
  std::future<Session> ask(RelayAddress address) {
    auto promise = std::make_shared<std::promise<Session>>();
    pool->connect(std::move(address), [promise](Session outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }
  static std::string text(const Session& session) {
    if (const auto* error = std::get_if<smp::ProtocolError>(&session)) return smp::to_string(*error);
    return "PKEY";
  }
  std::string connect(RelayAddress address) {
    auto answer = ask(std::move(address));
    if (answer.wait_for(kPatience) != std::future_status::ready) return "no answer";
    return text(answer.get());
  }
  using Response = std::variant<Bytes, smp::ProtocolError>;
  std::future<Response> forward(const FakeSmpServer& server) {
    const auto session = std::get<std::shared_ptr<const RelaySession>>(ask(address_of(server)).get());
    auto promise = std::make_shared<std::promise<Response>>();
    pool->forward(session->session_id,
                  {Bytes(24, 1), 20, crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key(), Bytes(16'242)},
                  [promise](Response outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }
  static std::string text(std::future<Response> response) {
    if (response.wait_for(kPatience) != std::future_status::ready) return "no answer";
    const auto outcome = response.get();
    if (const auto* error = std::get_if<smp::ProtocolError>(&outcome)) return smp::to_string(*error);
    return "PRES";
  }
  [[nodiscard]] std::uint64_t sessions(RelayOutcome outcome, bool own = false) const {
    return pool->counters().sessions[own ? 1 : 0][static_cast<std::size_t>(outcome)].load();
  }

  SettablePolicy policy;
  std::unique_ptr<RelayPool> pool;
};

TEST_F(RelayPoolTest, OneConnectionForAllWhoAsk) {
  const FakeSmpServer server;
  start();
  std::vector<std::future<Session>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(ask(address_of(server)));
  std::set<Bytes> ids;
  for (auto& answer : answers) {
    ids.insert(std::get<std::shared_ptr<const RelaySession>>(answer.get())->session_id);
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(pool->counters().connected.load(), 1U);
  EXPECT_EQ(pool->counters().connecting.load(), 0U);
  EXPECT_EQ(sessions(RelayOutcome::ok), 1000U);
}

TEST_F(RelayPoolTest, TellsTheVersionsInCommon) {
  for (const auto& [versions, expected] : {std::pair{smp::VersionRange{6, 20}, smp::VersionRange{8, 20}},
                                           std::pair{smp::VersionRange{6, 25}, smp::VersionRange{8, 20}},
                                           std::pair{smp::VersionRange{9, 11}, smp::VersionRange{9, 11}}}) {
    const FakeSmpServer server({.versions = versions});
    start();
    const auto session = std::get<std::shared_ptr<const RelaySession>>(ask(address_of(server)).get());
    EXPECT_EQ(session->versions, expected);
    pool.reset();
  }
}

TEST_F(RelayPoolTest, EachWayToFailHasItsError) {
  start({.connect_timeout = 1s});
  const ClosedPort closed;
  EXPECT_EQ(connect(address_of(closed.port())), "PROXY BROKER NETWORK");
  const FakeListener garbage([](FakePeer& peer) { peer.write("220 mail.example.org ESMTP\r\n"); });
  EXPECT_EQ(connect(address_of(garbage.port())), "PROXY BROKER NETWORK");
  const FakeListener ends([](FakePeer& /*peer*/) {});
  EXPECT_EQ(connect(address_of(ends.port())), "PROXY BROKER NETWORK");
  const FakeListener hangs([](FakePeer& peer) { peer.wait_closed(); });
  EXPECT_EQ(connect(address_of(hangs.port())), "PROXY BROKER TIMEOUT");
  const FakeSmpServer silent({.send_hello = false});
  EXPECT_EQ(connect(address_of(silent)), "PROXY BROKER TIMEOUT");
  const FakeSmpServer other;
  EXPECT_EQ(connect(address_of(other.port())), "PROXY BROKER TRANSPORT HANDSHAKE IDENTITY");
  const FakeSmpServer old({.versions = {6, 7}});
  EXPECT_EQ(connect(address_of(old)), "PROXY BROKER TRANSPORT VERSION");
  const FakeSmpServer between({.wrong_session = true});
  EXPECT_EQ(connect(address_of(between)), "PROXY BROKER TRANSPORT SESSION");
  const FakeSmpServer no_smp({.hello = Bytes(smp::kBlockSize, '#')});
  EXPECT_EQ(connect(address_of(no_smp)), "PROXY BROKER TRANSPORT HANDSHAKE PARSE");
  EXPECT_EQ(sessions(RelayOutcome::network), 3U);
  EXPECT_EQ(sessions(RelayOutcome::timeout), 2U);
  EXPECT_EQ(sessions(RelayOutcome::incompatible), 4U);
  EXPECT_EQ(pool->counters().connecting.load(), 0U);
  EXPECT_EQ(pool->counters().connected.load(), 0U);
}

TEST_F(RelayPoolTest, AddressesThatAreNotPublicAreRefused) {
  start({}, false);
  const FakeSmpServer server;
  EXPECT_EQ(connect(address_of(server)), "PROXY BROKER HOST");
  EXPECT_EQ(connect({{{smp::HostKind::onion, std::string(56, 'a') + ".onion"}}, 5223, {}}), "PROXY BROKER HOST");
  EXPECT_EQ(sessions(RelayOutcome::refused), 2U);
}

TEST_F(RelayPoolTest, ThePolicyDecidesAndHoldsAtOnce) {
  const FakeSmpServer server;
  start();
  policy.set(true, {"smp.example.com"});
  EXPECT_EQ(connect(address_of(server)), "PROXY BROKER HOST");
  policy.set(true, {"!127.0.0.0/8"});
  EXPECT_EQ(connect(address_of(server)), "PROXY BROKER HOST");
  policy.set(true, {"127.0.0.1"});
  EXPECT_EQ(connect(address_of(server)), "PKEY");
  policy.set(false, {});
  EXPECT_EQ(connect(address_of(server)), "PROXY BROKER HOST");
  EXPECT_EQ(pool->counters().connected.load(), 0U);
  policy.set(true, {});
  const auto session = std::get<std::shared_ptr<const RelaySession>>(ask(address_of(server)).get());
  // A session that is there ends with what allowed it.
  policy.set(true, {"smp.example.com"});
  std::promise<Response> promise;
  pool->forward(session->session_id,
                {Bytes(24, 1), 20, crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key(), Bytes(100)},
                [&](Response outcome) { promise.set_value(std::move(outcome)); });
  EXPECT_EQ(text(promise.get_future()), "PROXY NO_SESSION");
}

TEST_F(RelayPoolTest, FailuresAreRememberedAndForgotten) {
  std::atomic<int> accepted{0};
  std::vector<std::string> lines;
  std::mutex mutex;
  log::set_sink([&](std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
  });
  {
    const FakeListener dead([&](FakePeer& /*peer*/) { ++accepted; });
    start({.retry_after = 1h});
    for (int i = 0; i < 100; ++i) EXPECT_EQ(connect(address_of(dead.port())), "PROXY BROKER NETWORK");
  }
  EXPECT_EQ(accepted.load(), 1);
  EXPECT_EQ(pool->counters().remembered.load(), 99U);
  const auto port = [] {
    const ClosedPort closed;
    return closed.port();
  }();
  EXPECT_EQ(connect(address_of(port)), "PROXY BROKER NETWORK");
  pool.reset();
  {
    const std::lock_guard lock(mutex);
    for (const auto& line : lines) EXPECT_THAT(line, testing::Not(testing::HasSubstr("127.0.0.1")));
    EXPECT_LE(lines.size(), 2U) << "one for each layer";
    EXPECT_GE(lines.size(), 1U);
  }

  // Once the time is over it is tried again.
  start({.retry_after = 0ms});
  const FakeListener dead([&](FakePeer& /*peer*/) { ++accepted; });
  accepted = 0;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(connect(address_of(dead.port())), "PROXY BROKER NETWORK");
  EXPECT_EQ(accepted.load(), 3);
}

TEST_F(RelayPoolTest, HostsAreNamedInTheLogWhenThatIsWanted) {
  std::vector<std::string> lines;
  std::mutex mutex;
  log::set_sink([&](std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
  });
  const ClosedPort closed;
  RelayOptions options;
  options.log_hosts = true;
  start(options);
  EXPECT_EQ(connect(address_of(closed.port())), "PROXY BROKER NETWORK");
  pool.reset();
  const std::lock_guard lock(mutex);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines.front(), testing::HasSubstr("127.0.0.1"));
}

TEST_F(RelayPoolTest, IdleConnectionsMakeRoomAndTheOthersDoNot) {
  const FakeSmpServer first;
  const FakeSmpServer second;
  const FakeSmpServer third({.silent_word = "RFWD"});
  RelayOptions options;
  options.max_relays = 2;
  start(options);
  EXPECT_EQ(connect(address_of(first)), "PKEY");
  EXPECT_EQ(connect(address_of(second)), "PKEY");
  auto under_way = forward(third);
  EXPECT_EQ(pool->counters().evicted.load(), 1U);
  EXPECT_EQ(pool->counters().connected.load(), 2U);
  EXPECT_EQ(connect(address_of(first)), "PKEY") << "it takes the place of the second";
  EXPECT_EQ(pool->counters().evicted.load(), 2U);
  EXPECT_EQ(under_way.wait_for(0s), std::future_status::timeout) << "the third is at work and stays";
  EXPECT_EQ(pool->counters().in_flight.load(), 1U);
}

TEST_F(RelayPoolTest, TenThousandDestinationsTakeNoMoreThanTheLimits) {
  RelayOptions options;
  options.max_relays = 40;
  options.max_connecting = 10;
  options.max_remembered = 100;
  start(options);
  const FakeListener hangs([](FakePeer& peer) { peer.wait_closed(); });
  std::vector<std::future<Session>> answers;
  std::uint64_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    crypto::Fingerprint fingerprint{};
    crypto::random_bytes(fingerprint);
    answers.push_back(ask(address_of(hangs.port(), fingerprint)));
    most = std::max(most, pool->counters().connecting.load());
  }
  EXPECT_TRUE(eventually([&] { return sessions(RelayOutcome::overloaded) == 9990; }));
  EXPECT_LE(most, 10U);
  EXPECT_EQ(pool->counters().connecting.load(), 10U);
  pool->stop();
  std::map<std::string, int> texts;
  for (auto& answer : answers) ++texts[text(answer.get())];
  EXPECT_EQ(texts["PROXY BROKER TIMEOUT"], 9990);
  EXPECT_EQ(texts["PROXY BROKER NETWORK"], 10) << "the pool stopped";
}

TEST_F(RelayPoolTest, ResponsesThatAreNone) {
  start();
  const FakeSmpServer fails({.fail_word = "RFWD"});
  EXPECT_EQ(text(forward(fails)), "PROXY PROTOCOL INTERNAL");
}

TEST_F(RelayPoolTest, ARelayThatDoesNotAnswerIsGivenUp) {
  start({.request_timeout = 1s});
  const FakeSmpServer server({.silent_word = "RFWD"});
  EXPECT_EQ(text(forward(server)), "PROXY BROKER TIMEOUT");
  EXPECT_EQ(pool->counters().messages[0][static_cast<std::size_t>(RelayOutcome::timeout)].load(), 1U);
  EXPECT_EQ(connect(address_of(server)), "PKEY") << "by another connection";
}

TEST_F(RelayPoolTest, ARelayThatHangsUpFailsAllThatIsThere) {
  start();
  const FakeSmpServer server({.hang_up_word = "RFWD"});
  std::vector<std::future<Response>> answers;
  for (int i = 0; i < 100; ++i) {
    auto answer = ask(address_of(server));
    const auto session = std::get<std::shared_ptr<const RelaySession>>(answer.get());
    auto promise = std::make_shared<std::promise<Response>>();
    pool->forward(session->session_id,
                  {Bytes(24, 1), 20, crypto::PrivateKey::generate(crypto::KeyKind::x25519).public_key(), Bytes(16'242)},
                  [promise](Response outcome) { promise->set_value(std::move(outcome)); });
    answers.push_back(promise->get_future());
  }
  for (auto& answer : answers) {
    EXPECT_THAT(text(std::move(answer)), testing::AnyOf("PROXY BROKER NETWORK", "PROXY NO_SESSION"));
  }
  EXPECT_EQ(pool->counters().in_flight.load(), 0U);
}

TEST_F(RelayPoolTest, CommandsBeyondTheBoundsAreRefused) {
  RelayOptions options;
  options.max_in_flight = 2;
  options.max_waiting = 3;
  start(options);
  const FakeSmpServer server({.silent_word = "RFWD"});
  std::vector<std::future<Response>> answers;
  for (int i = 0; i < 6; ++i) answers.push_back(forward(server));
  EXPECT_EQ(text(std::move(answers.back())), "PROXY BROKER TIMEOUT");
  EXPECT_EQ(pool->counters().messages[0][static_cast<std::size_t>(RelayOutcome::overloaded)].load(), 1U);
  EXPECT_EQ(pool->counters().in_flight.load(), 2U);
  pool->stop();
  answers.pop_back();
  for (auto& answer : answers) EXPECT_EQ(text(std::move(answer)), "PROXY BROKER NETWORK") << "the pool stops";
}

TEST_F(RelayPoolTest, AllRelaysTogetherHaveBoundsToo) {
  RelayOptions options;
  options.max_in_flight_in_all = 2;
  start(options);
  std::optional<FakeSmpServer> silent(std::in_place, tests::FakeSmpOptions{.silent_word = "RFWD"});
  const FakeSmpServer fails({.fail_word = "RFWD"});
  auto first = forward(*silent);
  auto second = forward(*silent);
  auto third = forward(fails);
  EXPECT_EQ(connect(address_of(fails)), "PKEY") << "what was asked before is under way by now";
  EXPECT_EQ(pool->counters().in_flight.load(), 2U);
  EXPECT_EQ(third.wait_for(0s), std::future_status::timeout);
  silent.reset();
  EXPECT_EQ(text(std::move(first)), "PROXY BROKER NETWORK");
  EXPECT_EQ(text(std::move(second)), "PROXY BROKER NETWORK");
  EXPECT_EQ(text(std::move(third)), "PROXY PROTOCOL INTERNAL") << "its turn has come";
}

TEST_F(RelayPoolTest, UnusedConnectionsAreClosed) {
  start({.idle_timeout = 200ms});
  const FakeSmpServer server;
  const auto before = std::get<std::shared_ptr<const RelaySession>>(ask(address_of(server)).get());
  EXPECT_TRUE(eventually([&] { return pool->counters().connected.load() == 0; }));
  const auto after = std::get<std::shared_ptr<const RelaySession>>(ask(address_of(server)).get());
  EXPECT_NE(before->session_id, after->session_id);
}

TEST_F(RelayPoolTest, ASilentConnectionIsAskedAndGivenUp) {
  start({.request_timeout = 500ms, .keepalive = 200ms});
  const FakeSmpServer dead({.silent_word = "PING"});
  EXPECT_EQ(connect(address_of(dead)), "PKEY");
  EXPECT_TRUE(eventually([&] { return pool->counters().connected.load() == 0; }));
}

TEST_F(RelayPoolTest, OwnDomainsAreCountedApart) {
  RelayOptions options;
  options.own_domains = {"example.com"};
  start(options);
  policy.set(true, {"nobody.example.net"});
  for (const auto* name : {"example.com", "smp.example.com", "notexample.com", "example.org"}) {
    EXPECT_EQ(connect({{{smp::HostKind::domain, name}}, 5223, {}}), "PROXY BROKER HOST");
  }
  EXPECT_EQ(sessions(RelayOutcome::refused, true), 2U);
  EXPECT_EQ(sessions(RelayOutcome::refused, false), 2U);
}

}  // namespace
}  // namespace sotto::gateway
