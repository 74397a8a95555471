#include "services/auth/domain/password_admin.hpp"

#include <gmock/gmock.h>

#include "services/auth/domain/test_book.hpp"

namespace sotto::auth {
namespace {

using namespace std::chrono_literals;
using backend::AccessDecision;
using testing::ElementsAre;

class PasswordAdminTest : public TestBook {
 protected:
  std::int64_t now() const { return unix_seconds(clock.system_now()); }
  static ErrorCode code(const auto& result) { return result ? ErrorCode::internal : result.error().code; }
  std::vector<std::string> audited() {
    std::vector<std::string> out;
    const auto page = admin->audit(0, 0, 100);
    for (const auto& entry : page->entries) {
      out.push_back(entry.actor + " " + entry.action + " " + entry.subject + (entry.refused ? " refused" : ""));
    }
    return out;
  }
  static ChangeOptions as(std::uint8_t request) { return {.request_id = std::array<std::uint8_t, 16>{request}}; }
};

TEST_F(PasswordAdminTest, CreatesSeveralPasswordsAtATime) {
  const auto a = create("team-a");
  const auto b = create("team-b");
  EXPECT_EQ(check(a.secret->expose()).password_id, a.password.id);
  EXPECT_EQ(check(b.secret->expose()).password_id, b.password.id);
  EXPECT_EQ(admin->list()->size(), 2U);
  EXPECT_EQ(a.password.created, now());
  EXPECT_THAT(audited(), ElementsAre("anna password.create team-b", "anna password.create team-a"));
}

TEST_F(PasswordAdminTest, RefusesWhatCannotBe) {
  create("team-a");
  const auto refuse = [&](const NewPassword& request) { return code(admin->create(anna, request, {})); };
  EXPECT_EQ(refuse({.label = "team-a"}), ErrorCode::conflict);
  EXPECT_EQ(refuse({.label = "team a"}), ErrorCode::invalid_argument);
  EXPECT_EQ(refuse({.label = "b", .own = SecretString("weak")}), ErrorCode::invalid_argument);
  EXPECT_EQ(refuse({.label = "b", .expires = now()}), ErrorCode::invalid_argument);
  EXPECT_EQ(refuse({.label = "b", .not_before = now() + 9, .expires = now() + 9}), ErrorCode::invalid_argument);
  EXPECT_EQ(admin->list()->size(), 1U);
  EXPECT_EQ(audited().size(), 1U);
}

TEST_F(PasswordAdminTest, APasswordIsOfOneLabelOnly) {
  const SecretString own("correct-horse-battery");
  ASSERT_TRUE(admin->create(anna, {.label = "team-a", .own = own}, {}));
  EXPECT_EQ(code(admin->create(anna, {.label = "team-b", .own = own}, {})), ErrorCode::conflict);
}

TEST_F(PasswordAdminTest, TheLabelOfAnEndedPasswordIsFree) {
  const auto first = create("team-a");
  ASSERT_TRUE(admin->revoke(anna, first.password.id, {}));
  EXPECT_TRUE(admin->create(anna, {.label = "team-a"}, {}));
}

TEST_F(PasswordAdminTest, RotatesWithAnOverlap) {
  const auto first = create("team-a");
  const auto rotated = admin->rotate(anna, first.password.id, kDefaultOverlap, std::nullopt, {});
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->before.state, PasswordState::superseded);
  EXPECT_EQ(rotated->before.expires, now() + 14 * 86400);
  EXPECT_EQ(rotated->before.successor_id, rotated->after.password.id);
  EXPECT_EQ(rotated->after.password.label, "team-a");
  const auto second = rotated->after.secret->expose();
  EXPECT_EQ(check(first.secret->expose()).decision, AccessDecision::allowed);
  EXPECT_EQ(check(second).decision, AccessDecision::allowed);
  clock.advance(14 * 24h);
  EXPECT_EQ(check(first.secret->expose()).decision, AccessDecision::expired);
  EXPECT_EQ(check(second).decision, AccessDecision::allowed);
}

TEST_F(PasswordAdminTest, RotatesWithoutAnOverlap) {
  const auto first = create("team-a");
  ASSERT_TRUE(admin->rotate(anna, first.password.id, 0s, SecretString("correct-horse-battery"), {}));
  EXPECT_EQ(check(first.secret->expose()).decision, AccessDecision::expired);
  EXPECT_EQ(check("correct-horse-battery").decision, AccessDecision::allowed);
}

TEST_F(PasswordAdminTest, AnOverlapNeverProlongsAPassword) {
  const auto first = admin->create(anna, {.label = "guests", .expires = now() + 60, .daily_limit = 5}, {});
  const auto rotated = admin->rotate(anna, first->password.id, kDefaultOverlap, std::nullopt, {});
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->before.expires, now() + 60);
  EXPECT_EQ(rotated->after.password.daily_limit, 5U);
}

TEST_F(PasswordAdminTest, RotatesOnlyWhatIsActive) {
  const auto first = create("team-a");
  ASSERT_TRUE(admin->rotate(anna, first.password.id, 1h, std::nullopt, {}));
  EXPECT_EQ(code(admin->rotate(anna, first.password.id, 1h, std::nullopt, {})), ErrorCode::conflict);
  EXPECT_EQ(code(admin->rotate(anna, "0123", 1h, std::nullopt, {})), ErrorCode::not_found);
}

TEST_F(PasswordAdminTest, ExpiresAndRevokes) {
  const auto first = create("team-a");
  EXPECT_EQ(admin->expire(anna, first.password.id, now() + 60, {})->expires, now() + 60);
  EXPECT_EQ(check(first.secret->expose()).decision, AccessDecision::allowed);
  EXPECT_EQ(admin->expire(anna, first.password.id, 1, {})->expires, now());
  EXPECT_EQ(check(first.secret->expose()).decision, AccessDecision::expired);
  EXPECT_TRUE(admin->revoke(anna, first.password.id, {}));
  EXPECT_TRUE(admin->revoke(anna, first.password.id, {}));
  EXPECT_EQ(code(admin->expire(anna, first.password.id, now() + 60, {})), ErrorCode::conflict);
  EXPECT_EQ(code(admin->revoke(anna, "0123", {})), ErrorCode::not_found);
}

TEST_F(PasswordAdminTest, ADryRunChecksAndChangesNothing) {
  const ChangeOptions dry{.request_id = std::nullopt, .dry_run = true};
  const auto made = admin->create(anna, {.label = "team-a"}, dry);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->secret);
  EXPECT_TRUE(admin->list()->empty());
  const auto real = create("team-a");
  EXPECT_EQ(code(admin->create(anna, {.label = "team-a"}, dry)), ErrorCode::conflict);
  EXPECT_TRUE(admin->rotate(anna, real.password.id, 0s, std::nullopt, dry));
  EXPECT_TRUE(admin->revoke(anna, real.password.id, dry));
  EXPECT_TRUE(admin->expire(anna, real.password.id, 0, dry));
  EXPECT_TRUE(admin->set_policy(anna, {.new_queues = false, .proxy = false, .proxy_destinations = {}}, {}, dry));
  EXPECT_EQ(check(real.secret->expose()).decision, AccessDecision::allowed);
  EXPECT_TRUE(admin->policy()->policy.new_queues);
  EXPECT_EQ(audited().size(), 1U);
}

TEST_F(PasswordAdminTest, ARepeatedRequestIsDoneOnce) {
  const auto first = admin->create(anna, {.label = "team-a"}, as(1));
  const auto again = admin->create(anna, {.label = "team-a"}, as(1));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->password.id, first->password.id);
  EXPECT_FALSE(again->secret);
  const auto rotated = admin->rotate(anna, first->password.id, 1h, std::nullopt, as(2));
  const auto rotated_again = admin->rotate(anna, first->password.id, 1h, std::nullopt, as(2));
  ASSERT_TRUE(rotated_again);
  EXPECT_EQ(rotated_again->after.password.id, rotated->after.password.id);
  EXPECT_EQ(admin->list()->size(), 2U);
  EXPECT_EQ(audited().size(), 2U);
  clock.advance(25h);
  EXPECT_EQ(code(admin->create(anna, {.label = "team-a"}, as(1))), ErrorCode::conflict);  // forgotten: a new request
}

TEST_F(PasswordAdminTest, SetsThePolicy) {
  const auto before = admin->policy();
  EXPECT_TRUE(before->policy.new_queues);
  const Policy off{false, true, {"smp.example.com", "192.0.2.0/24"}};
  EXPECT_EQ(*admin->set_policy(anna, off, before->version, {}), before->version + 1);
  EXPECT_EQ(admin->policy()->policy, off);
  EXPECT_FALSE(book->state().new_queues);
  EXPECT_EQ(code(admin->set_policy(anna, {}, before->version, {})), ErrorCode::conflict);
  EXPECT_EQ(code(admin->set_policy(anna, {true, true, {"UPPER case"}}, {}, {})), ErrorCode::invalid_argument);
  EXPECT_THAT(audited(), ElementsAre("anna policy.set new queues off, proxy on"));
}

TEST_F(PasswordAdminTest, TakesTheFirstPasswordOverWhateverItsStrength) {
  EXPECT_EQ(*admin->adopt("initial", SecretString("weak")), true);
  EXPECT_TRUE(check("weak").guessable);
  EXPECT_EQ(*admin->adopt("initial", SecretString("other")), false);
  EXPECT_EQ(check("other").decision, AccessDecision::wrong_password);
  EXPECT_EQ(admin->list()->size(), 1U);
}

TEST_F(PasswordAdminTest, KnowsAMadePasswordWhenItTakesItOver) {
  const auto made = to_base64url(Bytes(32, 7));
  EXPECT_EQ(*admin->adopt("initial", SecretString(made)), true);
  EXPECT_FALSE(check(made).guessable);
}

TEST_F(PasswordAdminTest, AuditsWhatIsRefused) {
  admin->refused({"bob", Role::viewer}, "password.create", "needs the role operator");
  const auto page = admin->audit(0, 0, 10);
  ASSERT_EQ(page->entries.size(), 1U);
  EXPECT_TRUE(page->entries[0].refused);
  EXPECT_EQ(page->entries[0].actor, "bob");
  EXPECT_EQ(page->entries[0].seconds, now());
}

// Whoever reaches the server can be refused as often as the network carries.
TEST_F(PasswordAdminTest, AuditsSomeOfWhatIsRefusedToNobodyKnown) {
  const auto entries = [&] { return admin->audit(0, 0, 1000)->entries; };
  constexpr auto kMost = RefusalLimit::kAMinute;
  for (std::uint32_t i = 0; i < kMost + 7; ++i) admin->refused({"unknown", Role::none}, "policy.get", "nobody");
  EXPECT_EQ(entries().size(), kMost);
  admin->refused({"bob", Role::viewer}, "policy.set", "needs the role operator");
  EXPECT_EQ(entries().size(), kMost + 1);
  clock.advance(std::chrono::minutes(1));
  admin->refused({"unknown", Role::none}, "policy.get", "nobody");
  EXPECT_EQ(entries().front().reason, "nobody; 7 before it, of nobody known, are not listed");
  admin->refused({"unknown", Role::none}, "policy.get", "nobody");
  EXPECT_EQ(entries().front().reason, "nobody");
}

TEST_F(PasswordAdminTest, IsBounded) {
  Change change;
  for (std::size_t i = 0; i < kMaxPasswords; ++i) {
    Password password;
    password.id = std::to_string(i);
    password.verifier.key_id = 1;
    password.state = PasswordState::revoked;
    change.passwords.push_back(password);
  }
  ASSERT_TRUE(store.commit(change));
  EXPECT_EQ(code(admin->create(anna, {.label = "one-more"}, {})), ErrorCode::exhausted);
}

}  // namespace
}  // namespace sotto::auth
