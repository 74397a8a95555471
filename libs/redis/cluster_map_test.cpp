#include "libs/redis/cluster_map.hpp"

#include <gtest/gtest.h>

namespace sotto::redis {
namespace {

Reply server(std::string_view host, std::int64_t port) {
  auto out = Reply::of_array(2);
  out.array()[0] = Reply::of_text(Reply::Kind::bytes, host);
  out.array()[1] = Reply::of_integer(port);
  return out;
}

Reply range(std::int64_t first, std::int64_t last, Reply master) {
  auto out = Reply::of_array(4);
  out.array()[0] = Reply::of_integer(first);
  out.array()[1] = Reply::of_integer(last);
  out.array()[2] = std::move(master);
  out.array()[3] = server("replica", 1);
  return out;
}

Reply slots(std::vector<Reply> ranges) {
  auto out = Reply::of_array(0);
  out.array() = std::move(ranges);
  return out;
}

const Address kAsked{"asked", 7000};

TEST(ClusterMap, HasMasters) {
  const auto map =
      parse_cluster_slots(slots({range(0, 99, server("a", 1)), range(100, 16383, server("b", 2))}), kAsked);
  ASSERT_TRUE(map);
  ASSERT_EQ(map->size(), 2U);
  EXPECT_EQ((*map)[0].first, 0);
  EXPECT_EQ((*map)[0].last, 99);
  EXPECT_EQ((*map)[0].master, (Address{"a", 1}));
  EXPECT_EQ((*map)[1].last, 16383);
  EXPECT_EQ((*map)[1].master, (Address{"b", 2}));
}

TEST(ClusterMap, TakesTheHostThatWasAskedForAnUnknownOne) {
  for (const auto* host : {"", "?"}) {
    const auto map = parse_cluster_slots(slots({range(0, 1, server(host, 5))}), kAsked);
    ASSERT_TRUE(map);
    EXPECT_EQ((*map)[0].master, (Address{"asked", 5}));
  }
}

TEST(ClusterMap, RefusesOtherAnswers) {
  EXPECT_FALSE(parse_cluster_slots(Reply(), kAsked));
  EXPECT_FALSE(parse_cluster_slots(slots({Reply::of_integer(1)}), kAsked));
  EXPECT_FALSE(parse_cluster_slots(slots({range(0, 16384, server("a", 1))}), kAsked));
  EXPECT_FALSE(parse_cluster_slots(slots({range(-1, 5, server("a", 1))}), kAsked));
  EXPECT_FALSE(parse_cluster_slots(slots({range(6, 5, server("a", 1))}), kAsked));
  EXPECT_FALSE(parse_cluster_slots(slots({range(0, 5, server("a", 0))}), kAsked));
  EXPECT_FALSE(parse_cluster_slots(slots({range(0, 5, server("a", 65536))}), kAsked));
}

}  // namespace
}  // namespace sotto::redis
