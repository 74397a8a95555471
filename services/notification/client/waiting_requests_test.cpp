// What waits for the notification service stays in order, and its oldest go.
#include "services/notification/client/waiting_requests.hpp"

#include <gtest/gtest.h>

namespace sotto::notification {
namespace {

using namespace std::chrono_literals;
using contract::EndSessionRequest;
using contract::SubscribeRequest;

const WaitingRequests::RealTime kStart{};

contract::NotificationRequest end(std::uint64_t connection) {
  return EndSessionRequest{{.gateway = 1, .connection = connection}};
}
std::vector<std::uint64_t> connections(const WaitingRequests::Entries& entries) {
  std::vector<std::uint64_t> out;
  for (const auto& each : entries) {
    if (const auto* request = std::get_if<EndSessionRequest>(&each.request)) {
      out.push_back(request->session.connection);
    }
  }
  return out;
}
using Numbers = std::vector<std::uint64_t>;

TEST(WaitingRequests, TheOldestGoWhenThereAreTooMany) {
  WaitingRequests waiting(3, 1h);
  for (std::uint64_t number = 1; number <= 3; ++number) EXPECT_TRUE(waiting.add(end(number), kStart).empty());
  EXPECT_EQ(connections(waiting.add(end(4), kStart)), Numbers{1});
  EXPECT_EQ(connections(waiting.take(2)), (Numbers{2, 3}));
  EXPECT_EQ(connections(waiting.take(9)), Numbers{4});
  EXPECT_TRUE(waiting.empty());
}

TEST(WaitingRequests, TheOldGo) {
  WaitingRequests waiting(10, 60s);
  waiting.add(end(1), kStart);
  waiting.add(end(2), kStart + 10s);
  EXPECT_TRUE(waiting.expire(kStart + 60s).empty());
  EXPECT_EQ(connections(waiting.expire(kStart + 65s)), Numbers{1});
  EXPECT_EQ(waiting.size(), 1U);
}

TEST(WaitingRequests, WhatIsPutBackIsFirstAgain) {
  WaitingRequests waiting(3, 1h);
  waiting.add(end(1), kStart);
  waiting.add(end(2), kStart);
  auto taken = waiting.take(2);
  waiting.add(end(3), kStart);
  waiting.add(end(4), kStart);
  EXPECT_EQ(connections(waiting.put_back(std::move(taken))), Numbers{1});
  EXPECT_EQ(connections(waiting.take(9)), (Numbers{2, 3, 4}));
}

TEST(WaitingRequests, SubscriptionsAreTakenOut) {
  WaitingRequests waiting(10, 1h);
  waiting.add(end(1), kStart);
  waiting.add(SubscribeRequest{.notifier = {}, .session = {}, .resume = false, .number = 5}, kStart);
  waiting.add(end(2), kStart);
  const auto taken = waiting.take_subscriptions();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(std::get<SubscribeRequest>(taken[0].request).number, 5U);
  EXPECT_EQ(connections(waiting.take(9)), (Numbers{1, 2}));
}

}  // namespace
}  // namespace sotto::notification
