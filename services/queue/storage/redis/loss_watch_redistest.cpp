#include <gtest/gtest.h>

#include "services/queue/storage/redis/loss_watch.hpp"
#include "services/queue/storage/redis/test_replica.hpp"
#include "tests/support/redis/redis_cluster.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::queue {
namespace {

TEST(LossWatch, SaysNothingWhileAllIsWell) {
  test::RedisServer server;
  CoordinatingReplica first(server.client_options());
  CoordinatingReplica second(server.client_options());
  first.wait_looks();
  EXPECT_TRUE(first.lost().empty());
  EXPECT_TRUE(second.lost().empty());
}

TEST(LossWatch, NoticesARestartWithItsData) {
  test::RedisServer::Options durable;
  durable.append_only = true;
  test::RedisServer server(durable);
  CoordinatingReplica replica(server.client_options());
  server.restart();
  replica.wait_all_lost();
  EXPECT_EQ(replica.watched().reconnected, 1U);
  EXPECT_EQ(replica.watched().data_lost, 0U);
}

TEST(LossWatch, NoticesARestartWithoutItsData) {
  test::RedisServer server;
  CoordinatingReplica first(server.client_options());
  CoordinatingReplica second(server.client_options());
  server.restart_flushed();
  first.wait_all_lost();
  second.wait_all_lost();
  EXPECT_EQ(first.watched().data_lost, 1U);
  EXPECT_EQ(second.watched().data_lost, 1U);
  first.wait_looks();
  first.lost();
  first.wait_looks();
  EXPECT_TRUE(first.lost().empty()) << "once is enough";
}

TEST(LossWatch, NoticesLostDataWithoutALostConnection) {
  test::RedisServer server;
  CoordinatingReplica replica(server.client_options());
  server.execute(redis::Command("FLUSHALL"));
  replica.wait_all_lost();
  EXPECT_EQ(replica.watched().reconnected, 0U);
}

TEST(LossWatch, NoticesLostDataOfEachNodeOfACluster) {
  test::RedisCluster cluster;
  CoordinatingReplica replica(cluster.client_options());
  for (std::size_t i = 0; i < test::RedisCluster::kNodes; ++i) {
    cluster.node(i).execute(redis::Command("FLUSHALL"));
    replica.wait_all_lost();
    EXPECT_EQ(replica.watched().data_lost, i + 1);
  }
}

TEST(LossWatch, NoticesARestartedNodeOfACluster) {
  test::RedisCluster cluster;
  CoordinatingReplica replica(cluster.client_options());
  cluster.node(1).restart();
  cluster.wait_ready();
  replica.wait_all_lost();
}

TEST(LossWatch, WhatIsLostMeanwhileIsSaidInOne) {
  test::RedisServer server;
  auto options = CoordinatingReplica::options(server.client_options());
  options.watch.quiet = std::chrono::hours(1);
  CoordinatingReplica replica(options);
  server.execute(redis::Command("FLUSHALL"));
  replica.wait_all_lost();
  for (int i = 0; i < 3; ++i) {
    const auto known = replica.watched().data_lost.load();
    server.execute(redis::Command("FLUSHALL"));
    test::wait_until("the notice of lost data", [&] { return replica.watched().data_lost > known; });
  }
  replica.wait_looks();
  EXPECT_TRUE(replica.lost().empty()) << "the hour is not over";
  EXPECT_EQ(replica.watched().said, 1U);
}

TEST(LossWatch, RedisNeedNotBeThereAtTheStart) {
  test::RedisServer server;
  server.stop();
  CoordinatingReplica replica(CoordinatingReplica::options(server.client_options()), CoordinatingReplica::Wait::no);
  server.start();
  replica.ready();
  EXPECT_TRUE(replica.client().connected());
}

TEST(LossWatch, StopsWhileRedisIsAway) {
  test::RedisServer server;
  CoordinatingReplica replica(server.client_options());
  server.pause();
  replica.stop();
  replica.stop();
  server.resume();
}

}  // namespace
}  // namespace sotto::queue
