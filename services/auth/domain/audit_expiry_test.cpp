#include "services/auth/domain/audit_expiry.hpp"

#include <gtest/gtest.h>

#include "services/auth/storage/memory/memory_password_store.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::auth {
namespace {

using namespace std::chrono_literals;

class AuditExpiryTest : public testing::Test {
 protected:
  void record(const std::string& action) {
    AuditEntry entry;
    entry.seconds = unix_seconds(clock.system_now());
    entry.action = action;
    ASSERT_TRUE(store.append_audit(entry));
  }
  std::vector<std::string> actions() {
    std::vector<std::string> out;
    const auto page = store.audit(0, 0, 100);
    for (const auto& entry : page->entries) out.push_back(entry.action);
    return out;
  }

  ManualClock clock;
  MemoryPasswordStore store;
};

TEST_F(AuditExpiryTest, RemovesWhatIsOlderAndNothingElse) {
  record("old");
  clock.advance(24h);
  record("young");
  const AuditExpiry expiry(25h, store, clock, 5ms);
  EXPECT_EQ(actions().size(), 2U);
  clock.advance(2h);
  test::wait_until("the old entry to go", [&] { return actions() == std::vector<std::string>{"young"}; });
  clock.advance(24h);
  test::wait_until("the young one to go", [&] { return actions().empty(); });
}

TEST_F(AuditExpiryTest, ZeroKeepsEverything) {
  record("old");
  clock.advance(24h * 4000);
  { const AuditExpiry expiry(0ms, store, clock, 1ms); }
  EXPECT_EQ(actions().size(), 1U);
}

}  // namespace
}  // namespace sotto::auth
