// What waits is counted with bounded work, and forgotten when it is too old.
#include <utility>

#include <gtest/gtest.h>

#include "services/notification/domain/test_notifications.hpp"
#include "services/notification/storage/redis/pending_index.hpp"
#include "services/notification/storage/redis/redis_notifications.hpp"
#include "tests/support/redis/redis_cluster.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::notification {
namespace {

constexpr SessionRef kPhone{.gateway = 1, .connection = 1};

template <class Server>
class Index : public testing::Test {
 protected:
  Index() { EXPECT_TRUE(client->wait_connected(std::chrono::steady_clock::now() + std::chrono::seconds(30))); }
  void place(std::uint8_t notifier, const std::vector<std::int64_t>& times) {
    std::vector<Bundle> bundles{{test_notifier(notifier), {}}};
    for (const auto time : times) bundles[0].notifications.push_back(test_notification(1, time));
    EXPECT_EQ(directory.place(bundles).failures, 0U);
  }
  Listened listen(std::uint8_t notifier) {
    const Listen request{test_notifier(notifier), kPhone};
    return directory.listen({&request, 1}).at(0);
  }
  PendingIndex::Totals totals() {
    auto read = directory.index().read();
    EXPECT_TRUE(read.ok());
    return read ? *read : PendingIndex::Totals{};
  }
  void expect_totals(std::uint64_t notifiers, std::uint64_t notifications, std::optional<std::int64_t> oldest) {
    const auto now = totals();
    EXPECT_EQ(now.notifiers, notifiers);
    EXPECT_EQ(now.notifications, notifications);
    EXPECT_EQ(now.oldest, oldest);
  }

  Server server;
  std::unique_ptr<redis::Client> client = redis::Client::start(server.client_options()).value();
  RedisNotifications directory{*client, {.max_pending = 3}};
};

using Servers = testing::Types<test::RedisServer, test::RedisCluster>;
TYPED_TEST_SUITE(Index, Servers);

TYPED_TEST(Index, CountsWhatWaitsAndWhatIsTaken) {
  this->expect_totals(0, 0, std::nullopt);
  this->place(1, {100, 101});
  this->place(2, {90});
  this->place(17, {95});  // of the same part as the first
  this->expect_totals(3, 4, 90);
  this->place(1, {102, 103, 104});
  this->expect_totals(3, 5, 90);  // three are kept of each
  EXPECT_EQ(this->listen(2).pending.size(), 1U);
  this->expect_totals(2, 4, 95);
  this->directory.remove({test_notifier(1)});
  this->expect_totals(1, 1, 95);
  this->place(2, {200});  // somebody listens
  this->expect_totals(1, 1, 95);
  EXPECT_EQ(this->directory.subscribed(), 1U);
}

TYPED_TEST(Index, ForgetsWhatIsTooOld) {
  for (std::uint8_t i = 1; i <= 40; ++i) this->place(i, {100});
  this->place(40, {150});
  std::uint64_t expired = 0;
  for (bool more = true; more;) {
    const auto some = this->directory.expire(120, 2);
    ASSERT_TRUE(some.ok());
    expired += some->notifications;
    more = some->more;
  }
  EXPECT_EQ(expired, 39U);
  this->expect_totals(1, 2, 100);
  EXPECT_EQ(this->listen(40).pending.size(), 2U);
  this->expect_totals(0, 0, std::nullopt);
}

}  // namespace
}  // namespace sotto::notification
