#include <memory>
#include <vector>

#include "services/queue/domain/subscription_directory_conformance.hpp"
#include "services/queue/storage/redis/redis_directory.hpp"
#include "services/queue/storage/redis/test_replica.hpp"
#include "tests/support/redis/redis_cluster.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::queue {
namespace {

using Kind = DirectoryRequest::Kind;

constexpr SessionRef kPhone{.gateway = 1, .connection = 1};
constexpr SessionRef kTablet{.gateway = 2, .connection = 2};

// A directory with all that it needs.
class OwnedDirectory final : public SubscriptionDirectory {
 public:
  explicit OwnedDirectory(const redis::Options& options) : replica_(options) {}
  Result<std::vector<std::optional<SessionRef>>> execute(std::span<const DirectoryRequest> requests) override {
    return replica_.directory().execute(requests);
  }
  void end_session(SessionRef session) override { replica_.directory().end_session(session); }
  [[nodiscard]] bool shared() const override { return replica_.directory().shared(); }

 private:
  mutable CoordinatingReplica replica_;
};

template <class Server>
class RedisFactory final : public DirectoryFactory {
 public:
  std::unique_ptr<SubscriptionDirectory> open() override {
    return std::make_unique<OwnedDirectory>(server_.client_options());
  }

 private:
  Server server_;
};

const auto kBoth =
    testing::Values(DirectoryUnderTest{"redis", [] { return std::make_unique<RedisFactory<test::RedisServer>>(); }},
                    DirectoryUnderTest{"cluster", [] { return std::make_unique<RedisFactory<test::RedisCluster>>(); }});
INSTANTIATE_TEST_SUITE_P(Redis, SubscriptionDirectoryConformance, kBoth, name_of_directory);
INSTANTIATE_TEST_SUITE_P(Redis, SharedSubscriptionDirectoryConformance, kBoth, name_of_directory);

class RedisDirectoryTest : public testing::Test {
 protected:
  Result<std::vector<std::optional<SessionRef>>> execute(CoordinatingReplica& replica,
                                                         const DirectoryRequest& request) {
    return replica.directory().execute({&request, 1});
  }
  std::optional<SessionRef> look(CoordinatingReplica& replica) {
    auto answer = execute(replica, {Kind::look, queue_, {}});
    if (!answer) {
      ADD_FAILURE() << answer.error().message;
      return std::nullopt;
    }
    return answer->at(0);
  }
  std::int64_t lifetime_left(const test::RedisServer& server) {
    return server.execute(redis::Command("PTTL").key("q:", queue_.view())).integer();
  }

  TestValues values_;
  const RecipientId queue_ = values_.id<RecipientId>();
  test::RedisServer server_;
};

TEST_F(RedisDirectoryTest, SubscriptionsHaveALifetimeThatStartsAnew) {
  auto options = CoordinatingReplica::options(server_.client_options());
  options.directory.lifetime = std::chrono::hours(2);
  CoordinatingReplica replica(options);
  ASSERT_TRUE(execute(replica, {Kind::subscribe, queue_, kPhone}));
  EXPECT_GT(lifetime_left(server_), 3'600'000);
  EXPECT_LE(lifetime_left(server_), 7'200'000);
  for (const Kind again : {Kind::resume, Kind::subscribe}) {
    server_.execute(redis::Command("PEXPIRE").key("q:", queue_.view()).arg(1'000'000));
    ASSERT_TRUE(execute(replica, {again, queue_, kPhone}));
    EXPECT_GT(lifetime_left(server_), 3'600'000);
  }
  server_.execute(redis::Command("PEXPIRE").key("q:", queue_.view()).arg(1'000'000));
  EXPECT_EQ(look(replica), kPhone);
  EXPECT_LE(lifetime_left(server_), 1'000'000) << "a look is no sign of the subscriber's life";
}

TEST_F(RedisDirectoryTest, ValuesOfAnotherFormatCountAsAbsent) {
  CoordinatingReplica replica(server_.client_options());
  server_.execute(redis::Command("SET").key("q:", queue_.view()).arg("another format"));
  EXPECT_EQ(look(replica), std::nullopt);
  EXPECT_EQ(execute(replica, {Kind::resume, queue_, kPhone}).value()[0], kPhone);
  EXPECT_EQ(look(replica), kPhone);
}

TEST_F(RedisDirectoryTest, FailsAtOnceWhileRedisIsAway) {
  CoordinatingReplica replica(server_.client_options());
  ASSERT_TRUE(execute(replica, {Kind::subscribe, queue_, kPhone}));
  server_.kill();
  test::wait_until("the loss of the connection", [&] { return !replica.client().connected(); });
  for (int i = 0; i < 100; ++i) {
    const auto answer = execute(replica, {Kind::look, queue_, {}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  }
  replica.directory().end_session(kPhone);
  EXPECT_TRUE(replica.lost().empty()) << "before Redis is back, resuming is in vain";

  server_.start();
  replica.wait_all_lost();
  EXPECT_EQ(look(replica), std::nullopt);
  EXPECT_EQ(execute(replica, {Kind::resume, queue_, kTablet}).value()[0], kTablet);
}

TEST_F(RedisDirectoryTest, AStoppedRedisCostsNoMoreThanTheDeadline) {
  auto options = CoordinatingReplica::options(server_.client_options());
  options.directory.deadline = std::chrono::milliseconds(50);
  CoordinatingReplica replica(options);
  server_.pause();
  // Would wait for ever without a deadline.
  const auto answer = execute(replica, {Kind::subscribe, queue_, kPhone});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  server_.resume();
  // Nothing was lost but the answer; the sessions are asked all the same.
  replica.wait_all_lost();
  replica.directory().end_session(kPhone);
  test::wait_until("the end of what was not answered", [&] { return !look(replica); });
}

TEST_F(RedisDirectoryTest, TheOtherReplicasHearOfAFailure) {
  CoordinatingReplica other(server_.client_options());
  auto options = CoordinatingReplica::options(server_.client_options());
  options.directory.deadline = std::chrono::milliseconds(0);
  CoordinatingReplica replica(options);
  EXPECT_FALSE(execute(replica, {Kind::look, queue_, {}})) << "no answer comes in no time";
  replica.wait_all_lost();
  other.wait_all_lost();
  EXPECT_GE(other.watched().told, 1U);
  EXPECT_EQ(other.watched().failed, 0U);
}

}  // namespace
}  // namespace sotto::queue
