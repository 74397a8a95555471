// Where the auth service is, as settings say it.
#include "gateway/authority/authority_targets.hpp"

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

TEST(AuthorityTargets, NamesAddressesAndSockets) {
  const auto targets = parse_authority_targets("auth.internal:7003, 127.0.0.1:7004,[::1]:7005 ,unix:/run/auth.sock");
  ASSERT_TRUE(targets);
  const std::vector<AuthorityTarget> expected = {{"dns:///auth.internal:7003", "auth.internal"},
                                                 {"ipv4:127.0.0.1:7004", "127.0.0.1"},
                                                 {"ipv6:%5B::1%5D:7005", "::1"},
                                                 {"unix:/run/auth.sock", ""}};
  EXPECT_EQ(*targets, expected);
}

TEST(AuthorityTargets, WhatIsNoHostWithAPortIsRefused) {
  for (const char* text :
       {"", "auth", "auth:", ":7003", "auth:0", "auth:70000", "auth:7003,", "::1:7003", "unix:", "http://auth:7003"}) {
    const auto targets = parse_authority_targets(text);
    ASSERT_FALSE(targets) << text;
    EXPECT_EQ(targets.error().code, ErrorCode::configuration);
    EXPECT_NE(targets.error().message.find("auth service"), std::string::npos);
  }
}

}  // namespace
}  // namespace sotto::gateway
