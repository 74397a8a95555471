#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/database/rekey.hpp"
#include "admin-cli/database/test_database.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::cli {
namespace {

using testing::HasSubstr;

class Rekey : public testing::Test {
 protected:
  Rekey() { database.migrate(); }

  static crypto::KeyRing ring(const std::string& text) { return crypto::KeyRing::parse(text).value(); }
  Result<RekeyResult> run(const crypto::KeyRing& keys) {
    return rekey(*database.connect(), keys, [](const RekeyCounts& /*counts*/) {});
  }
  std::string sql(const std::string& text) { return database.server().execute(text); }

  TestDatabase database;
  const std::string line1 = crypto::KeyRing::generate_line(1);
  const std::string line2 = crypto::KeyRing::generate_line(2);
  const crypto::KeyRing old_keys = ring(line1);
  const crypto::KeyRing both_keys = ring(line2 + "\n" + line1);
  const crypto::KeyRing new_keys = ring(line2);
};

TEST_F(Rekey, SealsEverySecretWithTheCurrentKey) {
  std::vector<RecipientId> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(database.add_queue(i % 10 == 0 ? new_keys : old_keys, i % 3 == 0));
  const auto result = run(both_keys).value();
  EXPECT_EQ(result.counts.resealed, 225U);
  EXPECT_EQ(result.counts.seen, 250U);
  EXPECT_EQ(result.counts.unreadable, 0U);
  for (const auto& id : ids) EXPECT_TRUE(database.is_sealed(id, new_keys, 2));
  EXPECT_EQ(sql("SELECT count(*) FROM queues WHERE notifier_secret IS NOT NULL"), "84");

  EXPECT_EQ(run(both_keys)->counts.resealed, 0U);
}

TEST_F(Rekey, GoesOnWhereItWasInterrupted) {
  std::vector<RecipientId> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(database.add_queue(old_keys, true));
  // The last of the queues is locked until the server ends the session that waits for it.
  const auto other = database.connect();
  ASSERT_TRUE(other->script("BEGIN; SELECT 1 FROM queues ORDER BY recipient_id DESC LIMIT 1 FOR UPDATE",
                            std::chrono::seconds(30)));
  std::jthread interrupted([&] { EXPECT_FALSE(run(both_keys).ok()); });
  test::wait_until("the rekeying to wait for a lock", [&] {
    return sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sealing_key%'") ==
           "1";
  });
  EXPECT_EQ(sql("SELECT count(*) FROM queues WHERE sealing_key = 2"), "200");
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  interrupted.join();
  ASSERT_TRUE(other->script("ROLLBACK", std::chrono::seconds(30)));

  EXPECT_EQ(run(both_keys)->counts.resealed, 50U);
  for (const auto& id : ids) EXPECT_TRUE(database.is_sealed(id, new_keys, 2));
}

TEST_F(Rekey, KeepsWhatAServiceChangedWhileItWaitedForTheRow) {
  const auto id = database.add_queue(old_keys, false);
  const auto other = database.connect();
  const auto fresh = new_keys.seal(crypto::BoxKey::from_stored(Bytes(32, 2)), queue::notifier_secret_context(id));
  const auto recipient = new_keys.seal(crypto::BoxKey::from_stored(Bytes(32, 1)), queue::recipient_secret_context(id));
  ASSERT_TRUE(other->script(
      "BEGIN; UPDATE queues SET sealing_key = 2, notifier_secret = " + TestDatabase::literal(fresh.bytes) +
          ", recipient_secret = " + TestDatabase::literal(recipient.bytes),
      std::chrono::seconds(30)));
  std::jthread rekeying([&] { EXPECT_EQ(run(both_keys)->counts.resealed, 0U); });
  test::wait_until("the rekeying to wait for a lock", [&] {
    return sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sealing_key%'") ==
           "1";
  });
  ASSERT_TRUE(other->script("COMMIT", std::chrono::seconds(30)));
  rekeying.join();
  EXPECT_TRUE(database.is_sealed(id, new_keys, 2));
  EXPECT_EQ(sql("SELECT count(*) FROM queues WHERE notifier_secret = " + TestDatabase::literal(fresh.bytes)), "1");
}

TEST_F(Rekey, LeavesWhatDoesNotOpenAndSaysWhy) {
  const auto readable = database.add_queue(old_keys, true);
  const auto unreadable = database.add_queue(ring(crypto::KeyRing::generate_line(3)), false);
  const auto before = sql("SELECT md5(string_agg(recipient_secret, '')) FROM queues WHERE sealing_key = 3");
  const auto result = run(both_keys).value();
  EXPECT_EQ(result.counts.resealed, 1U);
  EXPECT_EQ(result.counts.unreadable, 1U);
  ASSERT_TRUE(result.first_unreadable.has_value());
  EXPECT_THAT(result.first_unreadable->message, HasSubstr("add the key 3"));
  EXPECT_TRUE(database.is_sealed(readable, new_keys, 2));
  EXPECT_EQ(sql("SELECT md5(string_agg(recipient_secret, '')) FROM queues WHERE recipient_id = " +
                TestDatabase::literal(unreadable.view())),
            before);
}

TEST_F(Rekey, NoticesAServiceThatSealsWithTheOldKey) {
  database.add_queue(old_keys, false);
  const auto result = rekey(*database.connect(), both_keys,
                            [this](const RekeyCounts& /*counts*/) { database.add_queue(old_keys, false); });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::conflict);
  EXPECT_THAT(result.error().message, HasSubstr("with the key 2 in its first line"));
}

}  // namespace
}  // namespace sotto::cli
