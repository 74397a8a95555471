// The database goes away, at bad moments too; and databases with another schema.
#include <array>
#include <thread>

#include <gmock/gmock.h>

#include "services/auth/storage/postgres/test_database.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::auth {
namespace {

using test::PostgresServer;

class Failure : public testing::Test {
 protected:
  static std::unique_ptr<PostgresPasswordStore> migrated_store(const PostgresServer& server) {
    migrate_to_newest(server.conninfo());
    return open_store(server.conninfo());
  }
  Stored load_again() {
    Stored out;
    test::wait_until("the store to connect", [&] {
      auto stored = store_->load();
      if (!stored) return false;
      out = *std::move(stored);
      return true;
    });
    return out;
  }
  [[nodiscard]] static bool is_unavailable(const auto& result) {
    return !result && result.error().code == ErrorCode::unavailable;
  }
  // What `action` begins is at its COMMIT, which takes for ever.
  void hold_commits(const std::string& table) {
    server_.execute(
        "CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NULL; END "
        "$$;"
        "CREATE CONSTRAINT TRIGGER sleeps AFTER INSERT OR UPDATE ON " +
        table + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sleep()");
  }
  void wait_for_commit() {
    test::wait_until("the commit to be under way", [&] {
      return server_.execute("SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'") ==
             "1";
    });
  }

  PostgresServer server_;
  std::unique_ptr<PostgresPasswordStore> store_ = migrated_store(server_);
};

TEST_F(Failure, WhileTheServerIsAwayEveryCallSaysSo) {
  ASSERT_TRUE(store_->commit(test_change(0, {test_password("a")})));
  ASSERT_TRUE(store_->add_uses(std::array{Use{"a", 10, 2}}));
  server_.kill();
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(is_unavailable(store_->load()));
    EXPECT_TRUE(is_unavailable(store_->generation()));
    EXPECT_TRUE(is_unavailable(store_->commit(test_change(1, {test_password("b")}))));
    EXPECT_TRUE(is_unavailable(store_->commit(test_change(0, {test_password("b")}))));
    EXPECT_TRUE(is_unavailable(store_->add_uses(std::array{Use{"a", 10, 1}})));
    EXPECT_TRUE(is_unavailable(store_->append_audit({})));
    EXPECT_TRUE(is_unavailable(store_->audit(0, 0, 10)));
    EXPECT_TRUE(is_unavailable(store_->expire_audit(2000)));
  }
  server_.start();
  const auto stored = load_again();
  EXPECT_EQ(stored.generation, 1U);
  auto used = test_password("a");
  used.uses = used.uses_that_day = 2;
  used.last_day = 10;
  EXPECT_EQ(stored.passwords, std::vector{used});
  EXPECT_EQ(store_->audit(0, 0, 10)->entries.size(), 1U);
  ASSERT_TRUE(store_->commit(test_change(1, {test_password("b")})));
}

TEST_F(Failure, AConnectionThatWasLostWhileIdleIsReplacedUnseen) {
  for (std::uint64_t round = 0; round < 3; ++round) {
    server_.restart();
    const auto committed = store_->commit(test_change(round, {test_password(std::to_string(round))}));
    ASSERT_TRUE(committed) << committed.error().message;
    server_.restart();
    ASSERT_TRUE(store_->add_uses(std::array{Use{"0", 10, 1}}));
    server_.restart();
    ASSERT_TRUE(store_->append_audit({1000, "anna", "refused", "", true, ""}));
    server_.restart();
    EXPECT_EQ(*store_->generation(), round + 1);
  }
  EXPECT_EQ(store_->load()->passwords[0].uses, 3U);
  EXPECT_EQ(store_->audit(0, 0, 10)->entries.size(), 6U);
}

TEST_F(Failure, AChangeWithoutAnAnswerIsReportedAsFailedAndNothingOfItIsThere) {
  ASSERT_TRUE(store_->commit(test_change(0, {test_password("a")})));
  hold_commits("auth_audit");
  auto change = test_change(1, {test_password("b")});
  change.policy = Policy{false, false, {}};
  change.done = DoneRequest{{1}, 100, "b"};
  std::thread committing([&] { EXPECT_TRUE(is_unavailable(store_->commit(change))); });
  wait_for_commit();
  server_.kill();
  committing.join();
  server_.start();
  server_.execute("DROP TRIGGER sleeps ON auth_audit");
  const auto stored = load_again();
  EXPECT_EQ(stored.generation, 1U);
  EXPECT_EQ(stored.passwords, std::vector{test_password("a")});
  EXPECT_EQ(stored.policy, Policy{});
  EXPECT_TRUE(stored.done.empty());
  EXPECT_EQ(store_->audit(0, 0, 10)->entries.size(), 1U);
  // Asked for again, it is done.
  ASSERT_TRUE(store_->commit(change));
  EXPECT_EQ(store_->load()->done.size(), 1U);
}

TEST_F(Failure, UsesWithoutAnAnswerAreReportedAsFailed) {
  ASSERT_TRUE(store_->commit(test_change(0, {test_password("a")})));
  hold_commits("auth_password_uses");
  std::thread adding([&] { EXPECT_TRUE(is_unavailable(store_->add_uses(std::array{Use{"a", 10, 1}}))); });
  wait_for_commit();
  server_.kill();
  adding.join();
  server_.start();
  EXPECT_EQ(load_again().passwords[0].uses, 0U);
}

TEST_F(Failure, WhatTheServerRefusesLeavesNothing) {
  ASSERT_TRUE(store_->commit(test_change(0, {test_password("a")})));
  server_.execute("ALTER TABLE auth_audit ADD CHECK (action <> 'never')");
  EXPECT_TRUE(is_unavailable(store_->commit(test_change(1, {test_password("b")}, "never"))));
  EXPECT_TRUE(is_unavailable(store_->append_audit({1000, "anna", "never", "", false, ""})));
  EXPECT_EQ(*store_->generation(), 1U);
  EXPECT_EQ(store_->load()->passwords.size(), 1U);
  ASSERT_TRUE(store_->commit(test_change(1, {test_password("b")})));
}

TEST_F(Failure, ALockThatIsNotGivenBackEndsTheCallInTime) {
  PostgresPasswordSettings settings = settings_for(server_.conninfo());
  settings.statement_limit = std::chrono::milliseconds(100);
  const auto hasty = PostgresPasswordStore::open(settings).value();
  postgres::ConnectOptions options;
  options.conninfo = server_.conninfo();
  const auto holder = postgres::Connection::connect(options).value();
  ASSERT_TRUE(holder->script("BEGIN; SELECT FROM auth_state FOR UPDATE", std::chrono::seconds(5)));
  EXPECT_TRUE(is_unavailable(hasty->commit(test_change(0, {test_password("a")}))));
  EXPECT_EQ(*hasty->generation(), 0U);  // readers do not wait
  ASSERT_TRUE(holder->script("COMMIT", std::chrono::seconds(5)));
  EXPECT_TRUE(hasty->commit(test_change(0, {test_password("a")})));
}

TEST_F(Failure, ADatabaseWithAnotherSchemaIsRefused) {
  const auto empty = PostgresPasswordStore::open(settings_for(server_.create_database("empty")));
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::conflict);
  EXPECT_EQ(empty.error().message,
            "the database has version 0 of the auth schema and this program needs 1: run `sotto db migrate`");

  server_.execute("INSERT INTO sotto_auth_migrations (version, name) VALUES (9999, 'of_the_future')");
  const auto newer = PostgresPasswordStore::open(settings_for(server_.conninfo()));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::conflict);
  EXPECT_THAT(newer.error().message, testing::HasSubstr("9999"));
}

// It may come later, and be migrated later still.
TEST_F(Failure, AStoreThatIsOpenedEarlyServesOnceThereIsASchema) {
  const auto conninfo = server_.create_database("later");
  server_.stop();
  const auto early = PostgresPasswordStore::open_later(settings_for(conninfo));
  EXPECT_TRUE(is_unavailable(early->generation()));
  server_.start();
  test::wait_until("the schema to be missed", [&] {
    const auto generation = early->generation();
    EXPECT_TRUE(is_unavailable(generation));
    return generation.error().message.find("run `sotto db migrate`") != std::string::npos;
  });
  migrate_to_newest(conninfo);
  test::wait_until("the schema to be found", [&] { return early->generation().ok(); });
}

}  // namespace
}  // namespace sotto::auth
