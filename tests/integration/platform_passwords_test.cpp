// Passwords of a platform: two gateways, two auth services over one database and one Redis. Gateway i is told of
// changes by auth service i, as long as that is there. Real processes; `sotto` changes passwords while clients use
// them.
#include <atomic>
#include <fstream>
#include <map>
#include <regex>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using client::SyncClient;

Platform::Options with_auth() {
  Platform::Options options;
  options.auth_services = 2;
  options.one_service_each = true;
  options.durable = false;
  return options;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

class PlatformPasswords : public testing::Test {
 protected:
  // `sotto` asks auth service `at`.
  std::string done(std::vector<std::string> arguments, std::size_t at = 0) const {
    arguments.push_back("--server=" + platform.admin_address(at));
    std::string output;
    EXPECT_EQ(platform.sotto(std::move(arguments), &output), 0) << output;
    return output;
  }
  std::string create(const std::string& label, std::size_t at = 0) const {
    const auto file = platform.directory() / label;
    done({"password", "create", "--label", label, "--out", file.string()}, at);
    return first_line(file);
  }
  // The first one of the platform, which both gateways know when it returns.
  std::string create_first() {
    auto password = create("team-a");
    for (std::size_t i = 0; i < 2; ++i) {
      wait_answer(i, "whatever", "AUTH");  // it was open, and an open one takes any
      EXPECT_EQ(new_queue(i, password), "OK");
    }
    return password;
  }
  // The new password, and the id of the one that it replaces.
  std::pair<std::string, std::string> rotate(const std::string& label, const std::string& overlap) const {
    const auto file = platform.directory() / (label + ".new");
    const auto said = done({"password", "rotate", label, "--overlap", overlap, "--out", file.string()});
    std::smatch found;
    EXPECT_TRUE(std::regex_search(said, found, std::regex(R"(^\S+ \S+ \(([^)]*)\))"))) << said;
    return {first_line(file), found[1]};
  }
  // "OK", or why not.
  static std::string try_queue(SyncClient& client, const std::string& password) {
    const auto made = client.create_queue({.password = SecretString(password), .subscribe = false});
    return made ? "OK" : made.error().message;
  }
  std::string new_queue(std::size_t gateway, const std::string& password) {
    auto answer = try_queue(*platform.connect(gateway), password);
    if (answer == "OK") ++created[password];
    return answer;
  }
  void expect_everywhere(const std::string& password, const std::string& answer) {
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(new_queue(i, password), answer) << "gateway " << i;
  }
  // Until gateway i answers so.
  void wait_answer(std::size_t gateway, const std::string& password, const std::string& answer) {
    wait_until("gateway " + std::to_string(gateway) + " to answer " + answer,
               [&] { return new_queue(gateway, password) == answer; });
  }

  Platform platform{with_auth()};
  std::map<std::string, int> created;  // queues, by password
};

TEST_F(PlatformPasswords, AChangeReachesEveryGateway) {
  expect_everywhere("whatever", "OK");  // no password was ever made
  const auto first = create_first();
  const auto second = create("team-b", 1);
  wait_answer(0, second, "OK");
  wait_answer(1, second, "OK");
  done({"password", "revoke", "team-a"}, 1);
  wait_answer(0, first, "AUTH");
  wait_answer(1, first, "AUTH");
  expect_everywhere(second, "OK");
  done({"policy", "set", "--new-queues", "off"}, 0);
  wait_answer(0, second, "AUTH");
  wait_answer(1, second, "AUTH");
  done({"policy", "set", "--new-queues", "on"}, 1);
  wait_answer(0, second, "OK");
  wait_answer(1, second, "OK");
  EXPECT_THAT(platform.gateway(0).metric("smp_new_queue_decisions_total{decision=\"revoked\"}"), testing::Ge(1));

  // What was created through either gateway is counted, each queue once.
  const auto used = ": active, " + std::to_string(created[second]) + " queues";
  wait_until("use to be written", [&] {
    return done({"password", "usage", "team-b"}).find(used) != std::string::npos;
  });
}

// Whoever keeps the passwords may come and go: what was right goes on being right, nothing else is let in, and what
// changed meanwhile is known as soon as a service is back.
TEST_F(PlatformPasswords, WithoutAuthServicesKnownPasswordsGoOnAndNothingElse) {
  const auto known = create_first();
  const auto unused = create("team-b");
  platform.auth_service(0).kill();
  platform.auth_service(1).kill();
  wait_until("the gateways to notice", [&] {
    return platform.gateway(0).metric("smp_auth_service_up") == 0 &&
           platform.gateway(1).metric("smp_auth_service_up") == 0;
  });
  expect_everywhere(known, "OK");
  expect_everywhere(unused, "AUTH");
  expect_everywhere("guess", "AUTH");
  EXPECT_EQ(platform.gateway(0).probe("/readyz"), 200);

  platform.auth_service(1).start();
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, unused, "OK");
  done({"password", "revoke", "team-a"}, 1);
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, known, "AUTH");
}

TEST_F(PlatformPasswords, ARestartOfServiceRedisOrDatabaseHidesNoChange) {
  const auto password = create_first();
  platform.auth_service(0).kill();
  platform.auth_service(0).start();
  platform.redis().kill();
  const auto without_redis = create("team-b", 1);
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, without_redis, "OK");
  platform.redis().start();
  platform.postgres().kill();
  wait_until("the auth services to fall", [&] {
    return platform.auth_service(0).probe("/readyz") == 503 && platform.auth_service(1).probe("/readyz") == 503;
  });
  platform.postgres().start();
  wait_until("the auth services to come back", [&] {
    return platform.auth_service(0).probe("/readyz") == 200 && platform.auth_service(1).probe("/readyz") == 200;
  });
  wait_until("the gateways to be told again", [&] {
    return platform.gateway(0).metric("smp_auth_service_up") == 1 &&
           platform.gateway(1).metric("smp_auth_service_up") == 1;
  });
  done({"password", "revoke", "team-a"}, 0);
  for (std::size_t i = 0; i < 2; ++i) {
    wait_answer(i, password, "AUTH");
    wait_answer(i, without_redis, "OK");
  }
}

// Queues are moderated through the auth services, which know who may, count and write down; the queue services do it.
TEST_F(PlatformPasswords, QueuesAreModeratedWhereverOneAsks) {
  const auto owner = platform.connect(0);
  const auto sender = platform.connect(1);
  const auto queue = must(owner->create_queue());
  const auto id = to_base64url(queue.sender_id.view());
  ASSERT_TRUE(sender->send(queue, "before"));
  EXPECT_THAT(done({"queue", "status", id}, 1), testing::HasSubstr("active"));
  done({"queue", "block", id, "--reason", "content"}, 0);
  EXPECT_EQ(text_of(sender->send(queue, "after")), "BLOCKED reason=content");
  EXPECT_THAT(done({"queue", "status", id}, 1), testing::HasSubstr("blocked (content)"));
  done({"queue", "unblock", id}, 1);
  ASSERT_TRUE(sender->send(queue, "again"));
  done({"queue", "delete", "--yes", id}, 0);
  EXPECT_EQ(text_of(sender->send(queue, "never")), "AUTH");
  const auto audit = done({"audit", "list"}, 1);
  for (const auto* action : {"queue.block", "queue.unblock", "queue.delete"}) {
    EXPECT_THAT(audit, testing::HasSubstr(action));
  }
  EXPECT_EQ(audit.find(id), std::string::npos);

  // Without queue services the answer says so, and nothing hangs.
  for (std::size_t i = 0; i < 2; ++i) platform.queue_service(i).kill();
  std::string output;
  EXPECT_NE(platform.sotto({"queue", "status", id, "--server=" + platform.admin_address(0)}, &output), 0);
  EXPECT_THAT(output, testing::HasSubstr("no replica of the queue service answers"));
  EXPECT_THAT(done({"server", "status"}, 0),
              testing::AllOf(testing::HasSubstr("ready     yes"), testing::HasSubstr("queues    unknown")));
}

// Creates queues again and again, and counts the answers.
class Creator {
 public:
  Creator(const Platform& platform, std::size_t gateway, std::string password)
      : thread_([this, &platform, gateway, password = std::move(password)] {
          const auto client = platform.connect(gateway);
          while (!over_) {
            const auto made = client->create_queue({.password = SecretString(password), .subscribe = false});
            (made ? ok_ : made.error().message == "AUTH" ? auth_ : other_)++;
          }
        }) {}
  ~Creator() {
    over_ = true;
    thread_.join();
  }
  Creator(const Creator&) = delete;
  Creator& operator=(const Creator&) = delete;

  [[nodiscard]] int ok() const { return ok_; }
  [[nodiscard]] int auth() const { return auth_; }
  [[nodiscard]] int other() const { return other_; }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> ok_{0};
  std::atomic<int> auth_{0};
  std::atomic<int> other_{0};
  std::thread thread_;
};

// Sends and receives, with no password at all; says what went wrong.
class Talker {
 public:
  Talker(const Platform& platform, client::QueueHandle queue)
      : thread_([this, &platform, queue = std::move(queue)] {
          const auto sender = platform.connect(0);
          const auto recipient = platform.connect(1);
          if (!recipient->subscribe(queue)) ++faults_;
          for (int i = 0; !over_; ++i) {
            if (!sender->send(queue, std::to_string(i))) ++faults_;
            const auto message = recipient->next_message(queue);
            if (!message || message->text() != std::to_string(i) || !recipient->ack(queue, *message)) ++faults_;
            ++passed_;
          }
        }) {}
  ~Talker() {
    over_ = true;
    thread_.join();
  }
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  [[nodiscard]] int faults() const { return faults_; }
  [[nodiscard]] int passed() const { return passed_; }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> faults_{0};
  std::atomic<int> passed_{0};
  std::thread thread_;
};

TEST_F(PlatformPasswords, RotationUnderLoad) {
  const auto old = create_first();
  const auto queue = must(platform.connect(0)->create_queue({.password = SecretString(old), .subscribe = false}));
  Talker talker(platform, queue);
  Creator old_0(platform, 0, old);
  Creator old_1(platform, 1, old);
  Creator wrong(platform, 0, "a-wrong-password");
  const auto more = [](const Creator& creator, int than) { return creator.ok() > than + 20; };
  wait_until("queues with the old password", [&] { return more(old_0, 0) && more(old_1, 0); });

  const auto [fresh, old_id] = rotate("team-a", "14d");
  // Somebody who tries it a hundred times before the other gateway has heard of it is taken for a guesser.
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, fresh, "OK");
  Creator new_0(platform, 0, fresh);
  Creator new_1(platform, 1, fresh);
  wait_until("queues with the new password", [&] { return more(new_0, 0) && more(new_1, 0); });
  const int then_0 = old_0.ok();
  const int then_1 = old_1.ok();
  wait_until("queues with the old one besides", [&] { return more(old_0, then_0) && more(old_1, then_1); });
  EXPECT_EQ(old_0.auth() + old_1.auth(), 0) << "within the overlap both work";

  done({"password", "expire", old_id}, 1);
  wait_until("the old password to be refused", [&] { return old_0.auth() > 3 && old_1.auth() > 3; });
  const int after_0 = new_0.ok();
  const int after_1 = new_1.ok();
  const int heard = talker.passed();
  wait_until("all others to go on",
             [&] { return more(new_0, after_0) && more(new_1, after_1) && talker.passed() > heard + 20; });

  EXPECT_EQ(wrong.ok(), 0);
  EXPECT_GT(wrong.auth(), 0);
  EXPECT_EQ(old_0.other() + old_1.other() + new_0.other() + new_1.other() + wrong.other(), 0);
  EXPECT_EQ(talker.faults(), 0);
}

TEST_F(PlatformPasswords, NoPasswordIsAnywhere) {
  const auto password = create_first();
  expect_everywhere("a-wrong-password", "AUTH");
  const auto fresh = rotate("team-a", "0").first;
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, fresh, "OK");
  std::vector<std::string> texts{done({"audit", "list", "--json"}), done({"password", "list", "--all", "--json"})};
  for (std::size_t i = 0; i < 2; ++i) {
    for (auto* process : {&platform.gateway(i), &platform.auth_service(i)}) {
      texts.push_back(process->log());
      texts.push_back(process->metrics());
      for (const auto* file : {"cmdline", "environ"}) {
        std::ifstream in("/proc/" + std::to_string(process->pid()) + "/" + file, std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
      }
    }
  }
  Child pg_dump({{"pg_dump", "--dbname", platform.database()}, {}, platform.directory() / "dump.sql", {}, {}});
  ASSERT_EQ(pg_dump.wait(), 0) << pg_dump.log();
  texts.push_back(pg_dump.log());
  ASSERT_THAT(texts.back(), testing::HasSubstr("team-a"));
  for (const auto& text : texts) {
    for (const auto& secret : {password, fresh, std::string("a-wrong-password")}) {
      EXPECT_EQ(text.find(secret), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace sotto::test
