// A database that holds many queues is used like one that holds few: nothing that is done for one queue, at start, for
// metrics or for expiry looks at the others. 100 000 queues; 1 000 000 with SOTTO_TEST_LONG=1.
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

// What PostgreSQL has counted for the tables that grow with queues and messages.
struct Reads {
  std::int64_t whole_tables = 0;
  std::int64_t rows_by_index = 0;
};

Reads reads(PostgresServer& postgres) {
  const auto number = [&](const std::string& column) {
    return std::stoll(postgres.execute("SELECT coalesce(sum(" + column +
                                           "), 0) FROM pg_stat_user_tables WHERE relname ~ "
                                           "'^(queues|messages|links|sender_ids|notifier_ids|link_ids)(_|$)'",
                                       "sotto"));
  };
  return {number("seq_scan"), number("idx_tup_fetch")};
}

// Sessions report what they read at their end at the latest.
void wait_for_sessions_to_end(PostgresServer& postgres) {
  wait_until("the sessions of the queue service to end", [&] {
    return postgres.execute(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = 'sotto' AND pid <> pg_backend_pid() "
               "AND backend_type = 'client backend'",
               "sotto") == "0";
  });
}

TEST(ManyQueues, AreUsedLikeFew) {
  const std::int64_t count = std::getenv("SOTTO_TEST_LONG") != nullptr ? 1'000'000 : 100'000;
  Platform::Options options;
  options.gateways = options.queue_services = 1;
  options.durable = false;
  options.queue_flags = {"--message-lifetime=2s", "--expiry-interval=100ms"};
  Platform platform(options);
  platform.gateway(0).stop();
  platform.queue_service(0).stop();
  Child load(
      {{SOTTO_LOAD_QUEUES, platform.database(), std::to_string(count)}, {}, platform.directory() / "load.log", {}, {}});
  ASSERT_EQ(load.wait(std::chrono::minutes(10)), 0) << load.log();
  wait_for_sessions_to_end(platform.postgres());
  const Reads before = reads(platform.postgres());

  platform.queue_service(0).start();
  platform.gateway(0).start();
  EXPECT_EQ(platform.queue_service(0).metric("smp_queues"), static_cast<double>(count));
  const auto recipient = platform.connect(0);
  const auto sender = platform.connect(0);
  auto queue = must(recipient->create_queue({.subscribe = false}));
  ASSERT_TRUE(sender->secure_as_sender(queue));
  ASSERT_TRUE(sender->send(queue, "read"));
  ASSERT_TRUE(recipient->subscribe(queue));
  const auto message = must(recipient->next_message(queue));
  EXPECT_EQ(message.text(), "read");
  ASSERT_TRUE(recipient->ack(queue, message));
  auto forgotten = must(recipient->create_queue({.subscribe = false}));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sender->send(forgotten, "to expire"));
  wait_until("messages to expire", [&] { return platform.queue_service(0).metric("smp_messages_expired_total") == 3; });
  EXPECT_EQ(platform.queue_service(0).metric("smp_queues"), static_cast<double>(count + 2));
  EXPECT_EQ(platform.queue_service(0).metric("smp_messages"), 0);
  ASSERT_TRUE(recipient->remove(queue));

  platform.gateway(0).stop();
  platform.queue_service(0).stop();
  wait_for_sessions_to_end(platform.postgres());
  const Reads after = reads(platform.postgres());
  EXPECT_EQ(after.whole_tables, before.whole_tables);
  EXPECT_GT(after.rows_by_index, before.rows_by_index);
  EXPECT_LT(after.rows_by_index, before.rows_by_index + 1000);
}

}  // namespace
}  // namespace sotto::test
