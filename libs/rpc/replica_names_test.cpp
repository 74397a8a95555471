#include "libs/rpc/replica_names.hpp"

#include <gtest/gtest.h>

namespace sotto::rpc {
namespace {

TEST(ReplicaNames, AreHostsWithPorts) {
  const auto names = parse_replicas("queue-0.internal:7001, 127.0.0.1:7002 ,[::1]:7003");
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(*names, (std::vector<ReplicaName>{{"queue-0.internal", "7001"}, {"127.0.0.1", "7002"}, {"::1", "7003"}}));
  EXPECT_FALSE(is_address((*names)[0]));
  EXPECT_TRUE(is_address((*names)[1]));
  EXPECT_TRUE(is_address((*names)[2]));
}

TEST(ReplicaNames, EverythingElseIsRefused) {
  for (const auto* text : {"", " ", "queue", "queue:", ":7001", "queue:0", "queue:65536", "queue:70x", "queue:7001,",
                           ",queue:7001", "::1:7001", "[::1]", "[queue]:7001", "dns:///queue:7001", "a b:7001"}) {
    const auto names = parse_replicas(text);
    ASSERT_FALSE(names.ok()) << text;
    EXPECT_EQ(names.error().code, ErrorCode::configuration);
  }
}

TEST(ReplicaNames, AnAddressResolvesToItself) {
  const auto v4 = resolve({"127.0.0.1", "7001"});
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(*v4, (std::vector<ReplicaAddress>{{"ipv4:127.0.0.1:7001", "127.0.0.1"}}));
  const auto v6 = resolve({"::1", "7001"});
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(*v6, (std::vector<ReplicaAddress>{{"ipv6:%5B::1%5D:7001", "::1"}}));
}

TEST(ReplicaNames, ANameResolvesToAllItsAddresses) {
  const auto local = resolve({"localhost", "7001"});
  ASSERT_TRUE(local.ok());
  ASSERT_FALSE(local->empty());
  for (const auto& each : *local) EXPECT_EQ(each.authority, "localhost");
  EXPECT_FALSE(resolve({"no-such-host.invalid", "7001"}).ok());
}

}  // namespace
}  // namespace sotto::rpc
