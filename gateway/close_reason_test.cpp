#include "gateway/close_reason.hpp"

#include <set>

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

TEST(CloseReason, EveryReasonHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCloseReasons; ++i) {
    const auto name = to_string(static_cast<CloseReason>(i));
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(to_string(CloseReason::slow_reader), "slow_reader");
  EXPECT_EQ(to_string(CloseReason::shutdown), "shutdown");
}

}  // namespace
}  // namespace sotto::gateway
