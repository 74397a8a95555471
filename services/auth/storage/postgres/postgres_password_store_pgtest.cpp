#include <array>

#include "services/auth/domain/password_store_conformance.hpp"
#include "services/auth/storage/postgres/postgres_password_store.hpp"
#include "services/auth/storage/postgres/test_database.hpp"

namespace sotto::auth {
namespace {

class InPostgres final : public PasswordStoreUnderTest {
 public:
  PasswordStore& store() override { return *store_; }
  void reopen() override { store_ = database_.open_store(); }

 private:
  TestDatabase database_;
  std::unique_ptr<PostgresPasswordStore> store_ = database_.open_store();
};

INSTANTIATE_TEST_SUITE_P(Postgres, PasswordStoreConformance,
                         testing::Values([]() -> std::unique_ptr<PasswordStoreUnderTest> {
                           return std::make_unique<InPostgres>();
                         }));

TEST(PostgresPasswordStore, PasswordsComeInTheOrderOfTheirCommits) {
  TestDatabase database;
  const auto store = database.open_store();
  for (std::uint64_t i = 0; i < 5; ++i) {
    const auto id = std::string(1, static_cast<char>('e' - static_cast<char>(i)));
    ASSERT_TRUE(store->commit(test_change(i, {test_password(id)})));
  }
  // One that is changed stays where it is; two at once come as they were given.
  ASSERT_TRUE(store->commit(test_change(5, {test_password("c", "changed"), test_password("z"), test_password("y")})));
  std::string order;
  const auto stored = store->load();
  ASSERT_TRUE(stored);
  for (const auto& password : stored->passwords) order += password.id;
  EXPECT_EQ(order, "edcbazy");
}

// What comes at once is as what comes one after another.
TEST(PostgresPasswordStore, AddsUpUsesOfSeveralDaysAtOnce) {
  TestDatabase database;
  const auto store = database.open_store();
  ASSERT_TRUE(store->commit(test_change(0, {test_password("a"), test_password("b")})));
  ASSERT_TRUE(
      store->add_uses(std::array<Use, 5>{{{"a", 11, 2}, {"b", 10, 7}, {"a", 10, 5}, {"a", 11, 3}, {"b", 9, 1}}}));
  ASSERT_TRUE(store->add_uses(std::array<Use, 3>{{{"a", 12, 1}, {"b", 10, 1}, {"a", 11, 100}}}));
  const auto stored = store->load();
  EXPECT_EQ(stored->passwords[0].uses, 111U);
  EXPECT_EQ(stored->passwords[0].last_day, 12);
  EXPECT_EQ(stored->passwords[0].uses_that_day, 1U);
  EXPECT_EQ(stored->passwords[1].uses, 9U);
  EXPECT_EQ(stored->passwords[1].last_day, 10);
  EXPECT_EQ(stored->passwords[1].uses_that_day, 8U);
  EXPECT_TRUE(store->add_uses({}));
}

TEST(PostgresPasswordStore, ARequestIdThatIsUsedAgainAfterItsDayCountsAnew) {
  TestDatabase database;
  const auto store = database.open_store();
  auto change = test_change(0, {});
  change.done = DoneRequest{{1}, 100, "a"};
  ASSERT_TRUE(store->commit(change));
  change.expected_generation = 1;
  change.done = DoneRequest{{1}, 200, "b"};
  ASSERT_TRUE(store->commit(change));
  EXPECT_THAT(store->load()->done, testing::ElementsAre(DoneRequest{{1}, 200, "b"}));
}

TEST(PostgresPasswordStore, AReasonThatIsNoTextIsAuditedAllTheSame) {
  TestDatabase database;
  const auto store = database.open_store();
  const AuditEntry entry{100, "Zoë", "password.revoke", "team-a", true, std::string("because\0\xff it is", 15)};
  ASSERT_TRUE(store->append_audit(entry));
  const auto page = store->audit(0, 0, 10);
  ASSERT_EQ(page->entries.size(), 1U);
  EXPECT_EQ(page->entries[0].actor, "Zoë");
  EXPECT_EQ(page->entries[0].reason, "because?? it is");
}

// The clock of the replica that wrote last is behind.
TEST(PostgresPasswordStore, AnOldEntryHidesNoNewerOneBeforeIt) {
  TestDatabase database;
  const auto store = database.open_store();
  for (const std::int64_t seconds : {500, 600, 499, 700}) {
    ASSERT_TRUE(store->append_audit({seconds, "anna", std::to_string(seconds), "", false, ""}));
  }
  const auto page = store->audit(500, 0, 2);
  ASSERT_EQ(page->entries.size(), 2U);
  EXPECT_EQ(page->entries[1].action, "600");
  const auto rest = store->audit(500, page->next, 2);
  ASSERT_EQ(rest->entries.size(), 1U);
  EXPECT_EQ(rest->entries[0].action, "500");
  EXPECT_EQ(rest->next, 0U);
}

TEST(PostgresPasswordStore, WhatIsStoredOfAPasswordIsItsDigest) {
  TestDatabase database;
  const auto store = database.open_store();
  ASSERT_TRUE(store->commit(test_change(0, {test_password("a")})));
  EXPECT_EQ(database.execute("SELECT count(*) FROM information_schema.columns WHERE table_name = 'auth_passwords'"),
            "13");
  EXPECT_EQ(database.execute("SELECT encode(digest, 'hex') FROM auth_passwords"), to_hex(Bytes(32, 'a')));
}

}  // namespace
}  // namespace sotto::auth
