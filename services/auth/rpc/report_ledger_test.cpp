// Each report is new once.
#include "services/auth/rpc/report_ledger.hpp"

#include <gtest/gtest.h>

namespace sotto::auth {
namespace {

TEST(ReportLedger, EachReportIsNewOnce) {
  ReportLedger ledger(10);
  EXPECT_TRUE(ledger.take(7, 1));
  EXPECT_FALSE(ledger.take(7, 1));
  EXPECT_TRUE(ledger.take(8, 1));  // of another gateway
  EXPECT_TRUE(ledger.take(7, 2));
  EXPECT_FALSE(ledger.take(7, 1));  // repeated on its way, and late
  EXPECT_TRUE(ledger.take(7, 100));
  EXPECT_EQ(ledger.gateways(), 2U);
}

TEST(ReportLedger, ForgetsWhoReportedLeastLately) {
  ReportLedger ledger(2);
  ledger.take(1, 1);
  ledger.take(2, 1);
  ledger.take(1, 1);  // repeated: it lives
  ledger.take(3, 1);
  EXPECT_EQ(ledger.gateways(), 2U);
  EXPECT_FALSE(ledger.take(1, 1));
  EXPECT_FALSE(ledger.take(3, 1));
  EXPECT_TRUE(ledger.take(2, 1));
}

}  // namespace
}  // namespace sotto::auth
