// What every PasswordStore does. Instantiated with a function that opens an empty one, and one that opens it again.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

// A store, and how it is opened again with what it holds. Without `reopen` it holds nothing between two openings.
class PasswordStoreUnderTest {
 public:
  virtual ~PasswordStoreUnderTest() = default;
  virtual PasswordStore& store() = 0;
  virtual void reopen() {}
};

class PasswordStoreConformance
    : public testing::TestWithParam<std::function<std::unique_ptr<PasswordStoreUnderTest>()>> {
 protected:
  std::unique_ptr<PasswordStoreUnderTest> under_test = GetParam()();
  PasswordStore& store() { return under_test->store(); }

  static Password password(std::string id, std::string label, std::int64_t created = 1000) {
    Password out;
    out.id = std::move(id);
    out.label = std::move(label);
    out.created = created;
    out.verifier.key_id = 3;
    out.verifier.digest = Secret<32>(Bytes(32, static_cast<std::uint8_t>(out.id.front())));
    return out;
  }
  static AuditEntry entry(std::int64_t seconds, std::string action) {
    return {seconds, "anna", std::move(action), "team-a", false, ""};
  }
  Status commit(std::vector<Password> passwords, std::optional<Policy> policy = std::nullopt) {
    Change change;
    change.expected_generation = store().load()->generation;
    change.passwords = std::move(passwords);
    change.policy = std::move(policy);
    change.audit = entry(1000, "test");
    return store().commit(change);
  }
  std::vector<std::string> actions(const AuditPage& page) const {
    std::vector<std::string> out;
    for (const auto& each : page.entries) out.push_back(each.action);
    return out;
  }
};

TEST_P(PasswordStoreConformance, IsEmptyAtFirst) {
  const auto stored = store().load();
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->generation, 0U);
  EXPECT_TRUE(stored->passwords.empty());
  EXPECT_EQ(stored->policy, Policy{});
  EXPECT_EQ(*store().generation(), 0U);
  EXPECT_TRUE(store().audit(0, 0, 10)->entries.empty());
}

TEST_P(PasswordStoreConformance, KeepsEveryField) {
  auto all = password("b1", "team-a");
  all.state = PasswordState::superseded;
  all.not_before = 5;
  all.expires = 2'000'000'000;
  all.daily_limit = 7;
  all.successor_id = "c1";
  all.verifier.hardened.emplace();
  all.verifier.hardened->salt = {1, 2, 3};
  all.verifier.hardened->hint = 0xfe;
  const Policy policy{false, false, {"smp.example.com", "2001:db8::/32"}};
  ASSERT_TRUE(commit({password("a1", "first", 900), all}, policy));
  under_test->reopen();
  const auto stored = store().load();
  EXPECT_EQ(stored->generation, 1U);
  EXPECT_EQ(stored->policy, policy);
  EXPECT_EQ(stored->policy_version, 1U);
  EXPECT_EQ(stored->passwords, (std::vector<Password>{password("a1", "first", 900), all}));
}

TEST_P(PasswordStoreConformance, ReplacesAPasswordAndLeavesItsUse) {
  ASSERT_TRUE(commit({password("a1", "first"), password("b1", "second", 1001)}));
  ASSERT_TRUE(store().add_uses(std::vector<Use>{{"a1", 10, 2}}));
  auto revoked = password("a1", "first");
  revoked.state = PasswordState::revoked;
  ASSERT_TRUE(commit({revoked}));
  under_test->reopen();
  const auto stored = store().load();
  ASSERT_EQ(stored->passwords.size(), 2U);
  EXPECT_EQ(stored->passwords[0].state, PasswordState::revoked);
  EXPECT_EQ(stored->passwords[0].uses, 2U);
  EXPECT_EQ(stored->passwords[1], password("b1", "second", 1001));
  EXPECT_EQ(stored->generation, 2U);
  EXPECT_EQ(stored->policy_version, 0U);
}

TEST_P(PasswordStoreConformance, RefusesAChangeOfSomethingOlder) {
  ASSERT_TRUE(commit({password("a1", "first")}));
  Change change;
  change.expected_generation = 0;
  change.passwords = {password("b1", "second")};
  change.audit = entry(1000, "late");
  const auto status = store().commit(change);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::conflict);
  EXPECT_EQ(store().load()->passwords.size(), 1U);
  EXPECT_THAT(actions(*store().audit(0, 0, 10)), testing::ElementsAre("test"));
}

TEST_P(PasswordStoreConformance, CountsUsesByDay) {
  ASSERT_TRUE(commit({password("a1", "first")}));
  const auto use = [&](std::int64_t day, std::uint64_t queues) {
    ASSERT_TRUE(store().add_uses(std::vector<Use>{{"a1", day, queues}, {"not there", day, 1}}));
  };
  use(10, 2);
  use(10, 3);
  use(11, 4);
  use(10, 1);  // a late report
  under_test->reopen();
  const auto stored = store().load();
  ASSERT_EQ(stored->passwords.size(), 1U);
  EXPECT_EQ(stored->passwords[0].uses, 10U);
  EXPECT_EQ(stored->passwords[0].last_day, 11);
  EXPECT_EQ(stored->passwords[0].uses_that_day, 4U);
  EXPECT_EQ(stored->generation, 1U);
}

TEST_P(PasswordStoreConformance, RemembersDoneRequestsForAsLongAsItIsTold) {
  const auto done = [&](std::uint8_t id, std::int64_t seconds, std::int64_t forget) {
    Change change;
    change.expected_generation = store().load()->generation;
    change.done = DoneRequest{{id}, seconds, "a1"};
    change.audit = entry(seconds, "test");
    change.forget_done_before = forget;
    ASSERT_TRUE(store().commit(change));
  };
  done(1, 100, 0);
  done(2, 200, 100);
  under_test->reopen();
  EXPECT_THAT(store().load()->done,
              testing::UnorderedElementsAre(DoneRequest{{1}, 100, "a1"}, DoneRequest{{2}, 200, "a1"}));
  done(3, 300, 200);
  under_test->reopen();
  EXPECT_THAT(store().load()->done,
              testing::UnorderedElementsAre(DoneRequest{{2}, 200, "a1"}, DoneRequest{{3}, 300, "a1"}));
}

TEST_P(PasswordStoreConformance, ListsTheAuditNewestFirstInPages) {
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(store().append_audit(entry(100 * i, std::to_string(i))));
  const AuditEntry refused{600, "", "6", "", true, "no such role"};
  ASSERT_TRUE(store().append_audit(refused));
  under_test->reopen();
  const auto first = store().audit(0, 0, 4);
  EXPECT_THAT(actions(*first), testing::ElementsAre("6", "5", "4", "3"));
  EXPECT_EQ(first->entries.front(), refused);
  ASSERT_TRUE(store().append_audit(entry(700, "7")));  // does not move the pages
  const auto second = store().audit(0, first->next, 4);
  EXPECT_THAT(actions(*second), testing::ElementsAre("2", "1"));
  EXPECT_EQ(second->next, 0U);
  EXPECT_THAT(actions(*store().audit(500, 0, 10)), testing::ElementsAre("7", "6", "5"));
  EXPECT_EQ(store().audit(0, 0, 7)->next, 0U);
}

TEST_P(PasswordStoreConformance, ForgetsOldAuditEntries) {
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(store().append_audit(entry(100 * i, std::to_string(i))));
  EXPECT_EQ(*store().expire_audit(300), 2U);
  EXPECT_EQ(*store().expire_audit(300), 0U);
  under_test->reopen();
  EXPECT_THAT(actions(*store().audit(0, 0, 10)), testing::ElementsAre("4", "3"));
  ASSERT_TRUE(store().append_audit(entry(500, "5")));
  EXPECT_THAT(actions(*store().audit(0, 0, 10)), testing::ElementsAre("5", "4", "3"));
}

}  // namespace sotto::auth
