// What waits for a queue service is in order and bounded.
#include "services/notification/api/event_outbox.hpp"

#include <gtest/gtest.h>

namespace sotto::notification {
namespace {

contract::SessionEvent notified(std::uint64_t connection, std::size_t notifications) {
  return {{.gateway = 1, .connection = connection},
          backend::Notified{{}, std::vector<backend::Notification>(notifications)}};
}
contract::SessionEvent ended(std::uint64_t connection) {
  return {{.gateway = 1, .connection = connection}, backend::Ended{backend::Role::notifier, {}}};
}
std::vector<std::uint64_t> connections(const v1::ServiceFrame& frame) {
  std::vector<std::uint64_t> out;
  for (const auto& event : frame.events()) out.push_back(event.session().connection());
  return out;
}

TEST(EventOutbox, FramesHoldWhatWaitsInOrder) {
  EventOutbox outbox({.max_events = 100, .max_frame = 3});
  EXPECT_TRUE(outbox.empty());
  outbox.welcome("name");
  outbox.add(notified(1, 2));
  outbox.add(ended(2));
  outbox.add(notified(3, 10));
  outbox.add_registered(8);
  outbox.add_registered(9);
  v1::ServiceFrame first;
  EXPECT_EQ(outbox.take(first), 3U);
  EXPECT_EQ(first.welcome().name(), "name");
  EXPECT_EQ(connections(first), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(first.registered_size(), 2);
  v1::ServiceFrame second;
  EXPECT_EQ(outbox.take(second), 10U);
  EXPECT_FALSE(second.has_welcome());
  EXPECT_EQ(connections(second), std::vector<std::uint64_t>{3});
  EXPECT_TRUE(outbox.empty());
}

TEST(EventOutbox, TheOldestGoWhenTooManyWait) {
  EventOutbox outbox({.max_events = 5, .max_frame = 100});
  EXPECT_EQ(outbox.add(notified(1, 3)), 0U);
  EXPECT_EQ(outbox.add(ended(2)), 0U);
  EXPECT_EQ(outbox.add(notified(3, 2)), 3U);
  EXPECT_EQ(outbox.add(notified(4, 50)), 3U);
  v1::ServiceFrame frame;
  EXPECT_EQ(outbox.take(frame), 50U);
  EXPECT_EQ(connections(frame), std::vector<std::uint64_t>{4});
  EXPECT_EQ(outbox.add(notified(5, 5)), 0U);
}

TEST(EventOutbox, WhatTheServiceSaysIsSaidOnce) {
  EventOutbox outbox({});
  outbox.resume();
  outbox.leave();
  v1::ServiceFrame first;
  outbox.take(first);
  EXPECT_TRUE(first.leaving());
  EXPECT_EQ(first.resume().scope(), contract::common::Resume::SCOPE_STREAM);
  EXPECT_TRUE(outbox.empty());
  outbox.add_registered(1);
  v1::ServiceFrame second;
  outbox.take(second);
  EXPECT_FALSE(second.leaving());
  EXPECT_FALSE(second.has_resume());
}

}  // namespace
}  // namespace sotto::notification
