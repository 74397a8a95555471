// Passwords that are not known to a connection's thread at once: sessions ask the AccessCache, which asks the
// PasswordBook. A gateway over stores in memory, with real connections.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

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

  std::unique_ptr<SyncClient> connect() const { return connected(local_server(port_, fingerprint_)); }
  // "OK", or why not.
  static std::string create(SyncClient& client, std::string_view password) {
    const auto queue = client.create_queue({.password = SecretString(std::string(password))});
    return queue ? "OK" : queue.error().message;
  }
  // So many wrong passwords at once on a connection of its own. How many were refused as they should be.
  int guess(int count, int seed) const {
    const auto client = connect();
    std::deque<client::QueueDraft> drafts;
    std::vector<client::Request> requests;
    for (int i = 0; i < count; ++i) {
      drafts.emplace_back(
          client::NewQueue{.password = SecretString("guess-" + std::to_string(seed) + "-" + std::to_string(i))});
      requests.push_back(drafts.back().request());
    }
    const auto answers = client->request(requests, std::chrono::seconds(60));
    if (!answers) return 0;
    return static_cast<int>(std::count_if(answers->begin(), answers->end(),
                                          [](const auto& answer) { return answer && text_of(*answer) == "ERR AUTH"; }));
  }
  std::uint64_t hardened() const { return book_->counters().hardened; }
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

// 10 000 wrong passwords over 100 connections: a guess costs a digest, whatever the passwords are, and nobody who does
// not guess waits.
TEST_F(AskedAccess, ManyGuessesCostNoHardeningAndNobodyElseWaits) {
  const auto secret = std::string(make("team-a").secret->expose());
  ASSERT_TRUE(admin.create(anna, {.label = "team-b", .own = SecretString("correct-horse-battery")}, {}));
  const auto other = connect();
  const auto queue = must(other->create_queue({.password = SecretString(secret)}));
  const auto hardened_before = hardened();
  constexpr int kConnections = 100;
  constexpr int kGuesses = 100;
  std::atomic<int> refused{0};
  std::vector<std::thread> guessers;
  for (int i = 0; i < kConnections; ++i) guessers.emplace_back([&, i] { refused += guess(kGuesses, i); });
  int passed = 0;
  while (refused < kConnections * kGuesses) {
    EXPECT_TRUE(other->send(queue, std::to_string(passed)));
    const auto message = must(other->next_message(queue));
    EXPECT_TRUE(other->ack(queue, message));
    EXPECT_EQ(create(*other, secret), "OK");
    ++passed;
  }
  for (auto& guesser : guessers) guesser.join();
  EXPECT_GT(passed, 10);
  // One in 256 of a few looks right until it is hardened; from then on the source is limited.
  EXPECT_LE(hardened() - hardened_before, 20U);
  EXPECT_EQ(create(*connect(), secret), "OK");
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
