// Several auth services on one database.
#include <thread>

#include <gmock/gmock.h>

#include "services/auth/domain/password_admin.hpp"
#include "services/auth/domain/test_keys.hpp"
#include "services/auth/storage/postgres/test_database.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::auth {
namespace {

class Replicas : public testing::Test {
 protected:
  TestDatabase database_;
  std::unique_ptr<PostgresPasswordStore> one_ = database_.open_store();
  std::unique_ptr<PostgresPasswordStore> two_ = database_.open_store();
};

TEST_F(Replicas, SeeWhatTheOtherDidAtOnce) {
  ASSERT_TRUE(one_->commit(test_change(0, {test_password("a")})));
  EXPECT_EQ(*two_->generation(), 1U);
  EXPECT_EQ(two_->load()->passwords, std::vector{test_password("a")});
  auto change = test_change(1, {});
  change.policy = Policy{false, true, {"smp.example.com"}};
  ASSERT_TRUE(two_->commit(change));
  EXPECT_EQ(*one_->generation(), 2U);
  EXPECT_EQ(one_->load()->policy, *change.policy);
  EXPECT_EQ(one_->load()->policy_version, 1U);

  const auto late = one_->commit(test_change(1, {test_password("b")}));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::conflict);
  // The connection is good for more, and nothing of the late change is there.
  EXPECT_EQ(one_->load()->passwords.size(), 1U);
  EXPECT_EQ(one_->audit(0, 0, 10)->entries.size(), 2U);
  ASSERT_TRUE(one_->commit(test_change(2, {test_password("b")})));
}

// Every change is one that knew of all others before it.
TEST_F(Replicas, ChangesAtTheSameTimeComeOneAfterAnother) {
  constexpr int kChanges = 20;
  std::atomic<int> conflicts = 0;
  const auto run = [&](PasswordStore& store, char name) {
    for (int i = 0; i < kChanges;) {
      const auto stored = store.load();
      ASSERT_TRUE(stored) << stored.error().message;
      const auto status = store.commit(test_change(stored->generation, {test_password(name + std::to_string(i))}));
      if (status) {
        ++i;
      } else {
        ASSERT_EQ(status.error().code, ErrorCode::conflict) << status.error().message;
        ++conflicts;
      }
    }
  };
  std::thread other([&] { run(*two_, 'b'); });
  run(*one_, 'a');
  other.join();
  const auto stored = one_->load();
  EXPECT_EQ(stored->generation, 2U * kChanges);
  EXPECT_EQ(stored->passwords.size(), 2U * kChanges);
  EXPECT_EQ(one_->audit(0, 0, 1000)->entries.size(), 2U * kChanges);
  RecordProperty("conflicts", conflicts);
}

// One waits for the row that the other has, and is then told that it was late.
TEST_F(Replicas, AChangeWaitsForOneThatIsUnderWay) {
  database_.execute(
      "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF NEW.action = 'first' THEN PERFORM pg_advisory_xact_lock(7); END IF; RETURN NULL; END $$;"
      "CREATE TRIGGER waits AFTER INSERT ON auth_audit FOR EACH ROW EXECUTE FUNCTION wait()");
  postgres::ConnectOptions options;
  options.conninfo = database_.conninfo();
  const auto holder = postgres::Connection::connect(options).value();
  ASSERT_TRUE(holder->script("SELECT pg_advisory_lock(7)", std::chrono::seconds(5)));
  const auto waiting = [&](const char* number) {
    test::wait_until("the locks to be waited for", [&] {
      return database_.execute(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                 "AND wait_event_type = 'Lock'") == number;
    });
  };
  std::thread first([&] { EXPECT_TRUE(one_->commit(test_change(0, {test_password("a")}, "first"))); });
  waiting("1");
  std::thread second([&] {
    const auto status = two_->commit(test_change(0, {test_password("b")}, "second"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::conflict);
  });
  waiting("2");
  ASSERT_TRUE(holder->script("SELECT pg_advisory_unlock(7)", std::chrono::seconds(5)));
  first.join();
  second.join();
  EXPECT_EQ(two_->load()->passwords, std::vector{test_password("a")});
}

TEST_F(Replicas, UsesAddUpAcrossReplicasAndOverTheChangeOfTheDay) {
  constexpr int kReports = 100;
  ASSERT_TRUE(one_->commit(test_change(0, {test_password("a"), test_password("b")})));
  // In opposite orders, so that locks would cross; changes of the same passwords go on meanwhile.
  const auto run = [](PasswordStore& store, const char* first, const char* second) {
    for (int i = 0; i < kReports; ++i) {
      const std::int64_t day = i < kReports / 2 ? 10 : 11;
      const auto status = store.add_uses(std::vector<Use>{{first, day, 1}, {second, day, 2}});
      ASSERT_TRUE(status) << status.error().message;
    }
  };
  std::thread other([&] { run(*two_, "b", "a"); });
  std::thread third([&] {
    const auto store = database_.open_store();
    for (std::uint64_t i = 1; i <= 20; ++i) {
      const auto status = store->commit(test_change(i, {test_password("b"), test_password("a")}));
      ASSERT_TRUE(status) << status.error().message;
    }
  });
  run(*one_, "a", "b");
  other.join();
  third.join();
  const auto stored = two_->load();
  ASSERT_TRUE(stored);
  for (const auto& password : stored->passwords) {
    EXPECT_EQ(password.uses, 3U * kReports);
    EXPECT_EQ(password.last_day, 11);
    // All of the new day, whoever came into it first; what came late counts for the day before.
    EXPECT_EQ(password.uses_that_day, 3U * kReports / 2);
  }
}

TEST_F(Replicas, ABookLearnsWhatAnotherReplicaChanged) {
  const ManualClock clock;
  const PasswordHasher hasher{test_keys()};
  backend::AttemptLimits limits{{}, clock};
  PasswordBook::Options options;
  options.refresh_interval = std::chrono::milliseconds(5);
  const auto book_one = *PasswordBook::open(options, *one_, hasher, limits, clock);
  const auto book_two = *PasswordBook::open(options, *two_, hasher, limits, clock);
  PasswordAdmin admin_one(*one_, *book_one, hasher, clock);
  PasswordAdmin admin_two(*two_, *book_two, hasher, clock);
  const Actor anna{"anna", Role::operator_};
  ChangeOptions request;
  request.request_id.emplace().fill(5);

  EXPECT_TRUE(book_two->state().open);
  const auto made = admin_one.create(anna, {.label = "team-a"}, request);
  ASSERT_TRUE(made) << made.error().message;
  test::wait_until("the other replica to know it", [&] { return book_two->state().passwords.size() == 1; });
  // Asked for again, of another replica.
  const auto again = admin_two.create(anna, {.label = "team-a"}, request);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->password.id, made->password.id);
  EXPECT_EQ(admin_one.list()->size(), 1U);
  ASSERT_TRUE(admin_two.revoke(anna, made->password.id, {}));
  test::wait_until("the first replica to know it", [&] { return book_one->state().passwords.empty(); });
}

}  // namespace
}  // namespace sotto::auth
