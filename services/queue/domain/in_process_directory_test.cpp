#include "services/queue/domain/in_process_directory.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/test_values.hpp"

namespace sotto::queue {
namespace {

constexpr SessionRef session(std::uint64_t connection) {
  return {.gateway = 3, .connection = connection};
}

TEST(InProcessDirectory, OneSubscriberPerQueue) {
  TestValues values;
  InProcessDirectory directory;
  const auto queue = values.id<RecipientId>();
  EXPECT_EQ(directory.subscriber_of(queue), std::nullopt);
  EXPECT_EQ(directory.subscribe(queue, session(1)), std::nullopt);
  EXPECT_EQ(directory.subscribe(queue, session(1)), session(1));
  EXPECT_EQ(directory.subscribe(queue, session(2)), session(1));
  EXPECT_EQ(directory.subscriber_of(queue), session(2));
  EXPECT_EQ(directory.sessions(), 1U);
  EXPECT_EQ(directory.unsubscribe(queue), session(2));
  EXPECT_EQ(directory.unsubscribe(queue), std::nullopt);
  EXPECT_EQ(directory.subscriptions(), 0U);
  EXPECT_EQ(directory.sessions(), 0U);
}

TEST(InProcessDirectory, SessionsOfTwoGatewaysAreDifferent) {
  TestValues values;
  InProcessDirectory directory;
  const auto queue = values.id<RecipientId>();
  directory.subscribe(queue, {.gateway = 1, .connection = 7});
  directory.end_session({.gateway = 2, .connection = 7});
  EXPECT_EQ(directory.subscriber_of(queue), (SessionRef{.gateway = 1, .connection = 7}));
}

// Against the simplest directory there is: a map, searched from end to end.
TEST(InProcessDirectory, AgreesWithAMap) {
  TestValues values;
  InProcessDirectory directory;
  std::map<RecipientId, SessionRef> expected;
  std::vector<RecipientId> queues;
  for (int i = 0; i < 40; ++i) queues.push_back(values.id<RecipientId>());
  const auto dice = [&](std::uint64_t sides) { return (values.bytes(1)[0]) % sides; };
  for (int step = 0; step < 20'000; ++step) {
    const RecipientId& queue = queues[dice(queues.size())];
    const SessionRef who = session(dice(6));
    const auto found = expected.find(queue);
    const auto former = found == expected.end() ? std::nullopt : std::optional(found->second);
    switch (dice(8)) {
      case 0:
        directory.end_session(who);
        std::erase_if(expected, [&](const auto& entry) { return entry.second == who; });
        break;
      case 1:
      case 2:
        EXPECT_EQ(directory.unsubscribe(queue), former);
        expected.erase(queue);
        break;
      default:
        EXPECT_EQ(directory.subscribe(queue, who), former);
        expected[queue] = who;
    }
    ASSERT_EQ(directory.subscriptions(), expected.size());
  }
  for (const auto& [queue, who] : expected) EXPECT_EQ(directory.subscriber_of(queue), who);
}

TEST(InProcessDirectory, ExecutesInOrder) {
  using Kind = DirectoryRequest::Kind;
  TestValues values;
  InProcessDirectory directory;
  const auto queue = values.id<RecipientId>();
  const std::vector<DirectoryRequest> requests{
      {Kind::look, queue, {}},           {Kind::subscribe, queue, session(2)}, {Kind::resume, queue, session(1)},
      {Kind::resume, queue, session(3)}, {Kind::unsubscribe, queue, {}},       {Kind::look, queue, {}},
  };
  const std::vector<std::optional<SessionRef>> expected{std::nullopt, std::nullopt, session(2),
                                                        session(3),   session(3),   std::nullopt};
  EXPECT_EQ(directory.execute(requests).value(), expected);
}

}  // namespace
}  // namespace sotto::queue
