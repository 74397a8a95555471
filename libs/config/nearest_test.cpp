#include "libs/config/nearest.hpp"

#include <array>

#include <gtest/gtest.h>

namespace sotto::config {
namespace {

const std::array<std::string, 4> kNames{"--ports", "--listen", "--log-level", "--log-format"};

TEST(Nearest, FindsSlipsOfTheFinger) {
  EXPECT_EQ(nearest_name("--port", kNames), "--ports");
  EXPECT_EQ(nearest_name("--prots", kNames), "--ports");
  EXPECT_EQ(nearest_name("--loglevel", kNames), "--log-level");
  EXPECT_EQ(nearest_name("--log-fromat", kNames), "--log-format");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("--entirely-different", kNames), "");
  EXPECT_EQ(nearest_name("", kNames), "");
  EXPECT_EQ(nearest_name("--ports", {}), "");
}

}  // namespace
}  // namespace sotto::config
