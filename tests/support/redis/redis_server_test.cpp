#include "tests/support/redis/redis_server.hpp"

#include <gtest/gtest.h>

namespace sotto::test {
namespace {

using redis::Command;

TEST(RedisServer, KeepsDataWithAppendOnly) {
  RedisServer server({.append_only = true});
  server.execute(Command("SET").key("a").arg("1"));
  server.restart();
  EXPECT_EQ(server.execute(Command("GET").key("a")).text(), "1");
  server.stop();
  server.start();
  EXPECT_EQ(server.execute(Command("GET").key("a")).text(), "1");
  server.restart_flushed();
  EXPECT_TRUE(server.execute(Command("GET").key("a")).is_nil());
}

TEST(RedisServer, LosesDataWithout) {
  RedisServer server;
  server.execute(Command("SET").key("a").arg("1"));
  server.restart();
  EXPECT_TRUE(server.execute(Command("GET").key("a")).is_nil());
}

TEST(RedisServer, AsksForPasswordAndCertificate) {
  const RedisServer server({.password = "a password", .tls = true, .ask_certificate = true});
  EXPECT_EQ(server.execute(Command("ECHO").arg("hello")).text(), "hello");
  EXPECT_TRUE(server.url().starts_with("rediss://127.0.0.1:"));
}

}  // namespace
}  // namespace sotto::test
