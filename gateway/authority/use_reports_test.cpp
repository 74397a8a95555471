// Reports keep their number and content until they are delivered.
#include "gateway/authority/use_reports.hpp"

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

TEST(UseReports, AReportStaysAsItIsUntilItIsDelivered) {
  UseReports reports(10);
  EXPECT_EQ(reports.next(), nullptr);
  EXPECT_TRUE(reports.empty());
  EXPECT_EQ(reports.add({{"a", 1}, {"b", 2}, {"a", 3}, {"c", 0}}), 0U);
  EXPECT_EQ(reports.queues(), 6U);

  const auto* first = reports.next();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->number, 1U);
  ASSERT_EQ(first->uses.size(), 2U);
  EXPECT_EQ(first->uses[0].password_id, "a");
  EXPECT_EQ(first->uses[0].queues, 4U);

  reports.add({{"a", 10}});
  const auto* again = reports.next();
  EXPECT_EQ(again->number, 1U);
  EXPECT_EQ(again->uses[0].queues, 4U);
  EXPECT_EQ(reports.queues(), 16U);

  reports.delivered();
  EXPECT_FALSE(reports.empty());
  const auto* second = reports.next();
  EXPECT_EQ(second->number, 2U);
  ASSERT_EQ(second->uses.size(), 1U);
  EXPECT_EQ(second->uses[0].queues, 10U);
  reports.delivered();
  EXPECT_TRUE(reports.empty());
  EXPECT_EQ(reports.next(), nullptr);
}

TEST(UseReports, TooManyPasswordsAreNotKept) {
  UseReports reports(2);
  EXPECT_EQ(reports.add({{"a", 1}, {"b", 2}, {"c", 3}, {"a", 4}}), 3U);
  EXPECT_EQ(reports.queues(), 7U);
}

}  // namespace
}  // namespace sotto::gateway
