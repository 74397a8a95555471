// Passwords that are not known to a connection's thread at once: sessions ask the AccessCache, which asks the
// PasswordBook. A gateway over stores in memory, with real connections.
#include <chrono>
#include <future>
#include <stdexcept>

#include "gateway/access/access_cache.hpp"
#include "gateway/gateway.hpp"
#include "gateway/tls/served_identity.hpp"
#include "libs/backend/event_relay.hpp"
#include "services/auth/domain/password_admin.hpp"
#include "services/auth/domain/test_keys.hpp"
#include "services/auth/storage/memory/memory_password_store.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"
#include "tests/e2e/e2e_test.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::test {
namespace {

using backend::AccessDecision;

class AskedAccess : public testing::Test {
 protected:
  AskedAccess() {
    fingerprint_ = write_identity(identity_.path());
    gateway::GatewaySettings settings;
    settings.listen = {{"127.0.0.1", 0, true}};
    settings.versions = {smp::kMinVersion, smp::kMaxVersion};
    settings.io_threads = 2;
    settings.drain_timeout = std::chrono::milliseconds(100);
    gateway_ = gateway::Gateway::create(std::move(settings),
                                        *gateway::load_served_identity(identity_.path(), clock_.system_now()), commit_,
                                        cache, clock_);
    relay_.set(gateway_.get());
    port_ = gateway_->start()->ports.front();
  }
  ~AskedAccess() override { stop(); }

  // As a process stops: nobody asks any more, then what was asked is answered.
  void stop() {
    gateway_->stop();
    cache.stop();
    book_->stop();
    commit_.stop();
    relay_.set(nullptr);
  }

  std::unique_ptr<SyncClient> connect() const {
    client::ConnectOptions options;
    options.hosts = {smp::Host{smp::HostKind::ipv4, "127.0.0.1"}};
    options.port = port_;
    options.fingerprint = fingerprint_;
    options.versions = {smp::kMinVersion, smp::kMaxVersion};
    auto client = std::make_unique<SyncClient>();
    if (auto status = client->connect(options); !status) throw std::runtime_error(status.error().message);
    return client;
  }
  // "OK", or why not.
  static std::string create(SyncClient& client, std::string_view password) {
    const auto queue = client.create_queue({.password = SecretString(std::string(password))});
    return queue ? "OK" : queue.error().message;
  }
  std::uint64_t decided(AccessDecision decision) const {
    return gateway_->counters().new_queue_decisions[static_cast<std::size_t>(decision)].get();
  }
  auth::Made make(const std::string& label) { return must(admin.create(anna, {.label = label}, {})); }

  SystemClock clock_;

 private:
  TempDir identity_;
  crypto::Fingerprint fingerprint_{};
  std::uint16_t port_ = 0;
  backend::EventRelay relay_;
  std::unique_ptr<gateway::Gateway> gateway_;  // outlives whose completions hold connections of it
  queue::MemoryQueueStore queues_;
  notification::MemoryNotificationStore notifications_;
  queue::InProcessDirectory directory_;
  notification::NotificationHub hub_{notifications_, relay_, clock_, {}};
  queue::GroupCommit commit_{{}, queues_, directory_, hub_, relay_, clock_};
  auth::PasswordHasher hasher_{auth::test_keys()};
  backend::AttemptLimits limits_{{}, clock_};

 protected:
  auth::MemoryPasswordStore passwords;

 private:
  std::unique_ptr<auth::PasswordBook> book_ = must(auth::PasswordBook::open({}, passwords, hasher_, limits_, clock_));

 protected:
  auth::PasswordAdmin admin{passwords, *book_, hasher_, clock_};
  gateway::AccessCache cache{{}, *book_, clock_};
  const auth::Actor anna{"anna", auth::Role::operator_};
};

TEST_F(AskedAccess, APasswordWorksFromItsCreationToItsEndOnConnectionsThatAreOpen) {
  const auto client = connect();
  EXPECT_EQ(create(*client, "whatever"), "OK");  // no password was ever made
  const auto made = make("team-a");
  const auto secret = made.secret->expose();
  EXPECT_EQ(create(*client, "whatever"), "AUTH");
  EXPECT_EQ(create(*client, secret), "OK");
  EXPECT_EQ(create(*client, secret), "OK");
  ASSERT_TRUE(admin.revoke(anna, made.password.id, {}));
  EXPECT_EQ(create(*client, secret), "AUTH");
  EXPECT_EQ(create(*connect(), secret), "AUTH");
  EXPECT_EQ(decided(AccessDecision::allowed), 3U);
  EXPECT_EQ(decided(AccessDecision::wrong_password), 1U);
  EXPECT_EQ(decided(AccessDecision::revoked), 2U);
  stop();
  EXPECT_EQ(passwords.load()->passwords.front().uses, 2U);
}

TEST_F(AskedAccess, InTheOverlapBothPasswordsWork) {
  const auto client = connect();
  const auto old = make("team-a");
  EXPECT_EQ(create(*client, old.secret->expose()), "OK");
  const auto rotated = must(admin.rotate(anna, old.password.id, auth::kDefaultOverlap, std::nullopt, {}));
  EXPECT_EQ(create(*client, old.secret->expose()), "OK");
  EXPECT_EQ(create(*client, rotated.after.secret->expose()), "OK");
  ASSERT_TRUE(admin.expire(anna, old.password.id, 0, {}));
  EXPECT_EQ(create(*client, old.secret->expose()), "AUTH");
  EXPECT_EQ(create(*client, rotated.after.secret->expose()), "OK");
  EXPECT_EQ(decided(AccessDecision::expired), 1U);
}

// Hardened by a thread of the book, while the connection's thread serves others.
TEST_F(AskedAccess, AChosenPasswordWorks) {
  ASSERT_TRUE(admin.create(anna, {.label = "team-a", .own = SecretString("correct-horse-battery")}, {}));
  const auto client = connect();
  EXPECT_EQ(create(*client, "correct-horse-battery"), "OK");
  EXPECT_EQ(create(*client, "correct-horse-batterx"), "AUTH");
}

TEST_F(AskedAccess, AGuesserWaitsAndIsAnsweredAllTheSame) {
  const auto secret = std::string(make("team-a").secret->expose());
  const auto guesser = connect();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(create(*guesser, "guess-" + std::to_string(i)), "AUTH");
  EXPECT_EQ(create(*guesser, "guess-0"), "AUTH");  // known to be wrong: waits, too
  EXPECT_EQ(create(*guesser, secret), "OK");
  EXPECT_EQ(create(*connect(), secret), "OK");
  EXPECT_EQ(decided(AccessDecision::wrong_password), 7U);
}

// What a waiting connection holds goes with it.
TEST_F(AskedAccess, AConnectionMayEndWhileItWaits) {
  make("team-a");
  const auto guesser = connect();
  for (int i = 0; i < 7; ++i) create(*guesser, "guess-" + std::to_string(i));
  auto answer = std::async(std::launch::async, [&] { return create(*guesser, "guess-once-more"); });
  wait_until("the guess to be judged", [&] { return decided(AccessDecision::wrong_password) == 8; });
  stop();  // closes what has not ended after drain_timeout
  EXPECT_NE(answer.get(), "OK");
}

}  // namespace
}  // namespace sotto::test
