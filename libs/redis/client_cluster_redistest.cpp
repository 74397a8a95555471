// Client with a Redis Cluster.
#include <algorithm>
#include <array>
#include <atomic>

#include "libs/redis/client_fixture.hpp"
#include "libs/redis/slot.hpp"
#include "tests/support/redis/redis_cluster.hpp"

namespace sotto::redis {
namespace {

using namespace std::chrono_literals;
using test::RedisCluster;
using test::wait_until;

std::int64_t keys_of(RedisCluster& cluster, std::size_t node) {
  return cluster.node(node).execute(Command("DBSIZE")).integer();
}

TEST(RedisClusterClient, SpreadsKeysScriptsAndChannels) {
  RedisCluster cluster;
  auto options = cluster.client_options();
  options.servers.resize(1);  // one is enough to learn of the others
  const auto client = connect(options);
  EXPECT_TRUE(client->cluster());
  EXPECT_EQ(client->generation(), 1U);
  EXPECT_EQ(client->counters().connections, 3U);

  std::vector<Command> commands;
  for (int i = 0; i < 600; ++i) commands.push_back(Command("SET").key("k" + std::to_string(i)).arg(i));
  for (int i = 0; i < 600; ++i) commands.push_back(Command("GET").key("k" + std::to_string(i)));
  const auto replies = client->execute(std::move(commands), soon());
  for (std::size_t i = 0; i < 600; ++i) ASSERT_EQ(replies[600 + i]->text(), std::to_string(i));
  for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) EXPECT_GT(keys_of(cluster, node), 100);
  EXPECT_EQ(client->counters().moved, 0U);

  const Script get("return redis.call('GET', KEYS[1])");
  std::vector<Command> scripts;
  for (int i = 0; i < 600; ++i) scripts.push_back(Command(get, 1).key("k" + std::to_string(i)));
  const auto answers = client->execute(std::move(scripts), soon());
  for (std::size_t i = 0; i < 600; ++i) ASSERT_EQ(answers[i]->text(), std::to_string(i));
  EXPECT_EQ(client->counters().script_loads, 3U);

  // Keys of one command that share a tag; those that do not are refused by the cluster.
  EXPECT_EQ(text(*client, Command("MSET").key("{t}1").arg("x").arg("{t}2").arg("y")), "OK");
  EXPECT_EQ(text(*client, Command("DEL").key("k1").key("k2")), "<internal>");
  EXPECT_EQ(text(*client, Command("PING")), "PONG");

  std::atomic<bool> active{false};
  std::atomic<int> heard{0};
  client->subscribe(
      "channel", [&](ByteView) { ++heard; }, [&] { active = true; });
  wait_until("the subscription", [&] { return active.load(); });
  for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) {
    cluster.node(node).execute(Command("PUBLISH").arg("channel").arg("x"));
  }
  client->send(Command("PUBLISH").key("channel").arg("x"));
  wait_until("messages published at any node", [&] { return heard == 4; });
}

TEST(RedisClusterClient, FollowsSlotsThatMove) {
  RedisCluster cluster;
  auto options = cluster.client_options();
  options.command_timeout = 20s;  // longer than the move takes
  const auto client = connect(options);
  const auto late = connect(cluster.client_options());  // meets the slot only when it has moved
  const auto slot = slot_of("{t}");
  const auto from = RedisCluster::first_owner(slot);
  const auto to = (from + 1) % RedisCluster::kNodes;
  EXPECT_EQ(text(*client, Command("SET").key("{t}old").arg("1")), "OK");
  EXPECT_EQ(text(*client, Command("SET").key("{t}stays").arg("1")), "OK");

  cluster.begin_move(slot, from, to);
  // A key that is still there is served, a new one is made at the other node.
  EXPECT_EQ(text(*client, Command("INCR").key("{t}old")), "2");
  EXPECT_EQ(client->counters().asked, 0U);
  EXPECT_EQ(text(*client, Command("INCR").key("{t}new")), "1");
  EXPECT_EQ(client->counters().asked, 1U);
  EXPECT_EQ(keys_of(cluster, to), 1);
  const Script get("return redis.call('GET', KEYS[1])");
  EXPECT_EQ(text(*client, Command(get, 1).key("{t}new")), "1");
  EXPECT_EQ(client->counters().asked, 2U);
  // Keys on both nodes: TRYAGAIN until the deadline, or until the move is over.
  EXPECT_FALSE(run(*client, Command("MGET").key("{t}old").key("{t}new"), std::chrono::steady_clock::now() + 300ms));
  EXPECT_GT(client->counters().retries, 0U);
  std::atomic<bool> both{false};
  client->send(Command("MGET").key("{t}old").key("{t}new"), [&](const Result<Reply>& reply) {
    both = reply && (*reply)[0].text() == "2" && (*reply)[1].text() == "1";
  });
  cluster.move_keys(slot, from, to);
  wait_until("both keys", [&] { return both.load(); });
  EXPECT_EQ(client->counters().moved, 0U);

  cluster.finish_move(slot, to);
  std::vector<Command> commands;
  for (int i = 0; i < 50; ++i) commands.push_back(Command("INCR").key("{t}old"));
  const auto replies = late->execute(std::move(commands), soon());
  for (std::size_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(replies[i]) << replies[i].error().message;
    ASSERT_EQ(replies[i]->integer(), static_cast<std::int64_t>(3 + i));
  }
  const auto moved = late->counters().moved.load();
  EXPECT_GE(moved, 1U);
  EXPECT_EQ(text(*late, Command("GET").key("{t}stays")), "1");
  EXPECT_EQ(late->counters().moved, moved);
  EXPECT_EQ(text(*client, Command("GET").key("{t}old")), "52");
  EXPECT_EQ(client->generation(), 1U);
  EXPECT_EQ(late->generation(), 1U);
}

TEST(RedisClusterClient, LosesOnlyTheNodeThatDies) {
  RedisCluster cluster({.settings = {"cluster-require-full-coverage no"}});
  const auto client = connect(cluster.client_options());
  std::array<std::string, RedisCluster::kNodes> keys;
  for (int i = 0; std::any_of(keys.begin(), keys.end(), [](const auto& key) { return key.empty(); }); ++i) {
    auto key = "k" + std::to_string(i);
    keys.at(RedisCluster::first_owner(slot_of(key))) = std::move(key);
  }
  cluster.node(1).kill();
  wait_until("the loss", [&] { return !client->connected(); });
  EXPECT_EQ(text(*client, Command("SET").key(keys[1]).arg("x")), "<unavailable>");
  EXPECT_EQ(text(*client, Command("SET").key(keys[0]).arg("x")), "OK");
  EXPECT_EQ(text(*client, Command("SET").key(keys[2]).arg("x")), "OK");
  cluster.node(1).start();
  EXPECT_TRUE(client->wait_connected(soon()));
  EXPECT_EQ(client->generation(), 2U);
  // It says CLUSTERDOWN until it has found the others again.
  EXPECT_EQ(text(*client, Command("SET").key(keys[1]).arg("x")), "OK");
  cluster.wait_ready();

  // All at once: the seeds are asked again.
  for (std::size_t i = 0; i < RedisCluster::kNodes; ++i) cluster.node(i).kill();
  wait_until("the loss", [&] { return !client->connected(); });
  for (std::size_t i = 0; i < RedisCluster::kNodes; ++i) cluster.node(i).start();
  EXPECT_TRUE(client->wait_connected(soon()));
  for (const auto& key : keys) EXPECT_EQ(text(*client, Command("SET").key(key).arg("x")), "OK");
}

}  // namespace
}  // namespace sotto::redis
