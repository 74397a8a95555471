// What a process says of itself while the parts that it needs come and go: /readyz, /livez, the gRPC health service,
// exit codes. Real PostgreSQL, real Redis.
#include <csignal>
#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/key_ring.hpp"
#include "tests/operations/grpc_health.hpp"
#include "tests/operations/programs.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/postgres/postgres_server.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

PostgresServer::Options quick() {
  PostgresServer::Options options;
  options.durable = false;
  return options;
}

class QueueServiceHealth : public testing::Test {
 protected:
  PostgresServer postgres{quick()};
  RedisServer redis;
  const std::string database = postgres.create_database("sotto");
  std::optional<ServerProgram> queue;

  ServerProgram& start() {
    queue.emplace(ServerProgram::queue(database, redis.url()));
    return *queue;
  }
  [[nodiscard]] std::string why_not() const {
    std::string body;
    EXPECT_EQ(queue->probe("/readyz", &body), 503);
    return body;
  }
};

TEST_F(QueueServiceHealth, IsReadyWithAllItNeedsAndStopsWithZero) {
  migrate(database);
  start().wait_ready(true);
  std::string body;
  EXPECT_EQ(queue->probe("/readyz", &body), 200);
  EXPECT_EQ(body, "ok database\nok schema\nok store\nok redis\nok grpc\n");
  wait_until("the gRPC health service", [&] { return grpc_health(queue->grpc_port()) == GrpcHealth::serving; });
  EXPECT_EQ(grpc_health(queue->grpc_port(), "sotto.queue.v1.QueueService"), GrpcHealth::serving);
  EXPECT_EQ(grpc_health(queue->grpc_port(), "no.such.Service"), GrpcHealth::unknown_service);
  queue->process().signal(SIGTERM);
  EXPECT_EQ(queue->process().wait(), 0);
  EXPECT_THAT(queue->process().log(), HasSubstr("stopped"));
}

TEST_F(QueueServiceHealth, WaitsForADatabaseThatIsAway) {
  migrate(database);
  postgres.stop();
  start().wait_ready(false);
  wait_until("Redis to be reached", [&] { return why_not().find("ok redis") != std::string::npos; });
  EXPECT_THAT(why_not(), AllOf(HasSubstr("failed database"), HasSubstr("ok redis"), HasSubstr("ok grpc"),
                               Not(HasSubstr("127.0.0.1")), Not(HasSubstr(std::to_string(postgres.port())))));
  EXPECT_EQ(grpc_health(queue->grpc_port()), GrpcHealth::not_serving);
  postgres.start();
  queue->wait_ready(true);
  wait_until("the gRPC health service", [&] { return grpc_health(queue->grpc_port()) == GrpcHealth::serving; });
}

TEST_F(QueueServiceHealth, FallsAndComesBackWithTheDatabase) {
  migrate(database);
  start().wait_ready(true);
  postgres.stop();
  queue->wait_ready(false);
  wait_until("the loss to be noticed", [&] { return why_not().find("failed database") != std::string::npos; });
  EXPECT_EQ(queue->probe("/livez"), 200);
  EXPECT_THAT(why_not(), HasSubstr("ok schema"));
  wait_until("the gRPC health service", [&] { return grpc_health(queue->grpc_port()) == GrpcHealth::not_serving; });
  postgres.start();
  queue->wait_ready(true);
}

TEST_F(QueueServiceHealth, FallsAndComesBackWithRedis) {
  migrate(database);
  start().wait_ready(true);
  redis.stop();
  queue->wait_ready(false);
  EXPECT_EQ(queue->probe("/livez"), 200);
  EXPECT_THAT(why_not(), AllOf(HasSubstr("ok database"), HasSubstr("failed redis")));
  redis.start();
  queue->wait_ready(true);
}

TEST_F(QueueServiceHealth, RefusesADatabaseWithoutItsSchema) {
  start();
  EXPECT_EQ(queue->process().wait(), 7);
  EXPECT_THAT(queue->process().log(), HasSubstr("run `sotto db migrate`"));
}

// The database came after the start, and is not what it should be: no end, but not ready until somebody migrates it.
TEST_F(QueueServiceHealth, IsNotReadyUntilTheSchemaIsThere) {
  postgres.stop();
  start().wait_ready(false);
  postgres.start();
  wait_until("the database to be reached", [&] { return why_not().find("ok database") != std::string::npos; });
  EXPECT_THAT(why_not(), HasSubstr("failed schema: it is not the one of this program"));
  migrate(database);
  queue->wait_ready(true);
}

TEST_F(QueueServiceHealth, RefusesADatabaseThatIsNotThere) {
  queue.emplace(ServerProgram::queue(postgres.conninfo("nowhere"), redis.url()));
  EXPECT_EQ(queue->process().wait(), 6);
}

class AuthServiceHealth : public testing::Test {
 protected:
  PostgresServer postgres{quick()};
  RedisServer redis;
  const std::string database = postgres.create_database("sotto");
  std::optional<ServerProgram> auth;

  ServerProgram& start() {
    auth.emplace(ServerProgram::auth(database, redis.url()));
    return *auth;
  }
};

TEST_F(AuthServiceHealth, IsReadyWithItsDatabaseAndStopsWithZero) {
  migrate(database);
  start().wait_ready(true);
  std::string body;
  EXPECT_EQ(auth->probe("/readyz", &body), 200);
  EXPECT_EQ(body, "ok database\nok schema\nok passwords\n");
  wait_until("the gRPC health service", [&] { return grpc_health(auth->grpc_port()) == GrpcHealth::serving; });
  EXPECT_EQ(grpc_health(auth->grpc_port(), "sotto.auth.v1.AuthService"), GrpcHealth::serving);
  // Limits of attempts are its own then; passwords are not touched.
  redis.stop();
  wait_until("Redis to be missed", [&] {
    std::string metrics;
    return auth->probe("/metrics", &metrics) == 200 && metrics.find("\nsmp_redis_up 0") != std::string::npos;
  });
  EXPECT_EQ(auth->probe("/readyz"), 200);
  EXPECT_THAT(auth->process().log(), HasSubstr("there is no password: ANYBODY"));
  auth->process().signal(SIGTERM);
  EXPECT_EQ(auth->process().wait(), 0);
}

TEST_F(AuthServiceHealth, FallsAndComesBackWithTheDatabase) {
  migrate(database);
  postgres.stop();
  start().wait_ready(false);
  postgres.start();
  auth->wait_ready(true);
  postgres.stop();
  auth->wait_ready(false);
  EXPECT_EQ(auth->probe("/livez"), 200);
  wait_until("the gRPC health service", [&] { return grpc_health(auth->grpc_port()) == GrpcHealth::not_serving; });
  postgres.start();
  auth->wait_ready(true);
}

TEST_F(AuthServiceHealth, RefusesADatabaseWithoutItsSchema) {
  start();
  EXPECT_EQ(auth->process().wait(), 7);
  EXPECT_THAT(auth->process().log(), HasSubstr("run `sotto db migrate`"));
}

TEST_F(AuthServiceHealth, DoesNotStartWithoutTheKeysOfItsPasswords) {
  migrate(database);
  const TempDir directory;
  const auto socket = (directory.path() / "s").string();
  auth.emplace(ServerProgram::auth(database, redis.url(), {"--admin-socket=" + socket}));
  auth->wait_ready(true);
  std::string output;
  ASSERT_EQ(auth->sotto({"password", "create", "--label", "team-a", "--out", (directory.path() / "p").string(),
                         "--server=unix:" + socket},
                        &output),
            0)
      << output;
  const auto other = directory.path() / "other.key";
  std::ofstream(other) << crypto::KeyRing::generate_line(2) << '\n';
  auth.emplace(ServerProgram::auth(database, redis.url(), {"--platform-key-file=" + other.string()}));
  EXPECT_EQ(auth->process().wait(), 3);
  EXPECT_THAT(auth->process().log(), HasSubstr("digested with a key that is not there"));
}

TEST(NotificationServiceHealth, FallsAndComesBackWithRedisAndStopsWithZero) {
  RedisServer redis;
  redis.stop();
  auto notification = ServerProgram::notification(redis.url());
  notification.wait_ready(false);
  std::string body;
  EXPECT_EQ(notification.probe("/readyz", &body), 503);
  EXPECT_THAT(body, AllOf(HasSubstr("failed redis: Redis does not answer"), Not(HasSubstr("127.0.0.1"))));
  EXPECT_EQ(grpc_health(notification.grpc_port()), GrpcHealth::not_serving);
  redis.start();
  notification.wait_ready(true);
  EXPECT_EQ(notification.probe("/readyz", &body), 200);
  EXPECT_EQ(body, "ok redis\nok grpc\n");
  wait_until("the gRPC health service", [&] { return grpc_health(notification.grpc_port()) == GrpcHealth::serving; });
  EXPECT_EQ(grpc_health(notification.grpc_port(), "sotto.notification.v1.NotificationService"), GrpcHealth::serving);
  redis.kill();
  notification.wait_ready(false);
  EXPECT_EQ(notification.probe("/livez"), 200);
  redis.start();
  notification.wait_ready(true);
  notification.process().signal(SIGTERM);
  EXPECT_EQ(notification.process().wait(), 0);
}

// It needs nothing of a notification service, not to be ready and not to end.
TEST_F(QueueServiceHealth, IsReadyWithoutANotificationService) {
  migrate(database);
  queue.emplace(ServerProgram::queue(database, redis.url(),
                                     {"--notification-service-targets=127.0.0.1:" + std::to_string(free_port())}));
  queue->wait_ready(true);
  std::string metrics;
  EXPECT_EQ(queue->probe("/metrics", &metrics), 200);
  EXPECT_THAT(metrics, HasSubstr("\nsmp_notification_service_connected 0\n"));
  queue->process().signal(SIGTERM);
  EXPECT_EQ(queue->process().wait(), 0);
}

TEST(QueueServiceStart, RefusesAPasswordThatIsWrong) {
  auto options = quick();
  options.ask_password = true;
  PostgresServer postgres(options);
  auto queue = ServerProgram::queue(postgres.conninfo(), "redis://127.0.0.1:" + std::to_string(free_port()));
  EXPECT_EQ(queue.process().wait(), 5);
}

TEST(GatewayHealth, IsNotReadyWithoutAQueueService) {
  auto gateway = ServerProgram::gateway("127.0.0.1:" + std::to_string(free_port()));
  gateway.wait_ready(false);
  EXPECT_EQ(gateway.probe("/livez"), 200);
  std::string body;
  EXPECT_EQ(gateway.probe("/readyz", &body), 503);
  EXPECT_THAT(body, HasSubstr("failed queue_service: no replica is reached"));
  gateway.process().signal(SIGINT);
  EXPECT_EQ(gateway.process().wait(), 0);
}

TEST(StandaloneHealth, IsReady) {
  auto server = ServerProgram::standalone();
  server.wait_ready(true);
  std::string body;
  EXPECT_EQ(server.probe("/readyz", &body), 200);
  EXPECT_EQ(body, "ok store\n");
}

}  // namespace
}  // namespace sotto::test
