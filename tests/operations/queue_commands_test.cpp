// `sotto queue`, `sotto notification status` and `sotto server status` against a running sotto-server.
#include <regex>

#include <gmock/gmock.h>

#include "tests/operations/admin_test.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class QueueCommands : public AdminTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(recipient.connect(options()));
    auto made = recipient.create_queue();
    ASSERT_TRUE(made);
    queue = *std::move(made);
    sender_id = to_base64url(queue->sender_id.bytes);
    address = "smp://" + to_base64url(options().fingerprint) + "@127.0.0.1/" + sender_id + "#/?v=1-4&dh=MCow";
  }
  [[nodiscard]] std::string sent() {
    client::SyncClient sender;
    if (!sender.connect(options())) return "no connection";
    const auto status = sender.send(*queue, "hello");
    return status ? "OK" : status.error().message;
  }

  client::SyncClient recipient;
  std::optional<client::QueueHandle> queue;
  std::string sender_id;
  std::string address;
};

TEST_F(QueueCommands, AQueueIsBlockedAndUnblocked) {
  ASSERT_EQ(sent(), "OK");
  expect_golden("queue-status.txt", done({"queue", "status", sender_id}));
  expect_golden("queue-status.json", done({"queue", "status", address, "--json"}));

  expect_golden("queue-block-dry-run.txt", done({"queue", "block", address, "--dry-run"}));
  EXPECT_EQ(sent(), "OK");
  expect_golden("queue-block.json",
                done({"queue", "block", address, "--reason", "content", "--notice", R"({"ttl":86400})", "--json"}));
  EXPECT_THAT(sent(), HasSubstr("BLOCKED reason=content"));
  expect_golden("queue-status-blocked.txt", done({"queue", "status", address}));
  expect_golden("queue-status-blocked.json",
                done({"queue", "status", "--role", "recipient", to_base64url(queue->recipient_id.bytes), "--json"}));

  expect_golden("queue-unblock.txt", done({"queue", "unblock", sender_id}));
  EXPECT_EQ(sent(), "OK");
  expect_golden("queue-audit.txt", done({"audit", "list"}));
  // No id of the queue is in the audit.
  EXPECT_THAT(done({"audit", "list", "--json"}), Not(HasSubstr(sender_id)));
}

TEST_F(QueueCommands, AQueueIsDeletedOnlyWhenThatIsMeant) {
  const auto refused = sotto({"queue", "delete", address});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("--yes"));
  EXPECT_EQ(sent(), "OK");
  expect_golden("queue-delete.txt", done({"queue", "delete", "--yes", address}));
  EXPECT_EQ(sent(), "AUTH");
  for (const auto* change : {"status", "block", "unblock"}) {
    const auto ran = sotto({"queue", change, address});
    EXPECT_EQ(ran.exit_code, 6) << ran.output;
    EXPECT_THAT(ran.output, Not(HasSubstr(sender_id)));
  }
}

TEST_F(QueueCommands, WhatIsNoQueueIsSaid) {
  EXPECT_EQ(sotto({"queue", "status", "nonsense"}).exit_code, 2);
  EXPECT_EQ(sotto({"queue", "block", address, "--reason", "dislike"}).exit_code, 2);
  EXPECT_EQ(sotto({"queue", "block", address, "--notice", "[1]"}).exit_code, 2);
  EXPECT_EQ(sotto({"queue", "block"}).exit_code, 2);
  EXPECT_EQ(sent(), "OK");
}

TEST_F(QueueCommands, TheServerSaysWhichNotificationsWait) {
  ASSERT_TRUE(recipient.add_notifier(*queue));
  client::SyncClient sender;
  ASSERT_TRUE(sender.connect(options()));
  ASSERT_TRUE(sender.send(*queue, "ding", "T"));
  wait_until("it to be kept", [&] {
    return done({"notification", "status"}).find("pending     1,") != std::string::npos;
  });
  // It may be a second old by now.
  const std::regex age(R"(oldest +\d+ s\n)");
  const std::regex json_age(R"("oldestPendingSeconds": \d+)");
  expect_golden("notification-status.txt", std::regex_replace(done({"notification", "status"}), age, ""));
  expect_golden("notification-status.json", std::regex_replace(done({"notification", "status", "--json"}), json_age,
                                                               R"("oldestPendingSeconds": 0)"));
  ASSERT_TRUE(sender.subscribe_notifications(*queue));
  wait_until("it to be taken", [&] {
    return done({"notification", "status"}).find("subscribed  1\npending     0,") != std::string::npos;
  });
}

TEST_F(QueueCommands, TheServerSaysHowItIs) {
  ASSERT_EQ(sent(), "OK");
  const auto status = done({"server", "status"});
  EXPECT_THAT(status, HasSubstr("ready     yes\n"));
  EXPECT_THAT(status, HasSubstr("queues    1\nmessages  1\n"));
  EXPECT_THAT(status, HasSubstr("store     ok\n"));
  const auto json = done({"server", "status", "--json"});
  EXPECT_THAT(json, HasSubstr("\"schemaVersion\": 1"));
  EXPECT_THAT(json, HasSubstr("\"component\": \"standalone\""));
  EXPECT_THAT(json, HasSubstr("\"queues\": 1"));
  server.process().kill();
  EXPECT_EQ(sotto({"server", "status"}).exit_code, 4);
}

}  // namespace
}  // namespace sotto::test
