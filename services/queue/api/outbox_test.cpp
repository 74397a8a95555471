#include "services/queue/api/outbox.hpp"

#include <string>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "services/queue/domain/test_values.hpp"

namespace sotto::queue {
namespace {

class OutboxTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  OutboxTest() {
    settings_.max_frame_items = 10;
    settings_.max_frame_bytes = 1000;
    settings_.max_event_bytes = 500;
    settings_.max_events = 20;
  }
  void add_result(std::uint64_t number, std::size_t bytes) {
    backend::OperationResult result;
    result.message = values_.message(1, bytes);
    outbox_.add(Outbox::Result{.number = number, .results = {std::move(result)}, .operations = 1});
  }
  void add_ready(std::size_t bytes) {
    outbox_.add(Outbox::EventTo{.connection = 1,
                                .event = backend::MessageReady{values_.id<RecipientId>(), values_.message(1, bytes)}});
  }
  void add_ended() { outbox_.add(Outbox::EventTo{.connection = 1, .event = backend::Ended{}}); }

  // "r" result, "m" message with body, "0" without, "e" another event, "R" resume
  std::string take() {
    std::string out;
    v1::ServiceFrame frame;
    to_proto(outbox_.take(), frame);
    for (const auto& item : frame.items()) {
      if (item.has_result()) out += 'r';
      if (item.has_resume()) out += 'R';
      if (!item.has_event()) continue;
      out += !item.event().has_message_ready() ? 'e' : item.event().message_ready().has_message() ? 'm' : '0';
    }
    return out;
  }

  QueueServerSettings settings_;
  QueueServerCounters counters_;
  TestValues values_;
  Outbox outbox_{settings_, counters_};
};

TEST_F(OutboxTest, KeepsTheOrder) {
  add_result(1, 10);
  add_ended();
  add_result(2, 10);
  add_ready(10);
  EXPECT_FALSE(outbox_.empty());
  EXPECT_EQ(take(), "rerm");
  EXPECT_TRUE(outbox_.empty());
  EXPECT_EQ(counters_.events_sent, 2U);
}

TEST_F(OutboxTest, AFrameIsBoundedInItemsAndBytes) {
  for (int i = 0; i < 15; ++i) add_result(1, 0);
  EXPECT_EQ(take(), "rrrrrrrrrr");
  EXPECT_EQ(take(), "rrrrr");
  add_result(1, 600);
  add_result(2, 600);
  add_result(3, 5000);
  EXPECT_EQ(outbox_.result_bytes(), 6200U);
  EXPECT_EQ(take(), "r");
  EXPECT_EQ(take(), "r");
  EXPECT_EQ(take(), "r");
  EXPECT_EQ(outbox_.result_bytes(), 0U);
}

TEST_F(OutboxTest, BodiesAreLeftOutWhenTooMuchWaits) {
  add_ready(300);
  add_ready(300);
  add_ready(200);
  EXPECT_EQ(counters_.bodies_dropped, 1U);
  EXPECT_EQ(take(), "m0m");
  add_ready(300);
  EXPECT_EQ(take(), "m");
}

TEST_F(OutboxTest, EventsAreDroppedWhenTooManyWaitAndTheGatewayResumes) {
  add_result(1, 0);
  for (int i = 0; i < 20; ++i) add_ended();
  add_result(2, 0);
  EXPECT_EQ(counters_.events_dropped, 0U);
  add_ended();
  add_ended();
  EXPECT_EQ(counters_.events_dropped, 22U);
  add_result(3, 0);
  EXPECT_EQ(take(), "rrrR");
  EXPECT_EQ(counters_.resumes_sent, 1U);
  EXPECT_TRUE(outbox_.empty());
  add_ended();
  EXPECT_EQ(take(), "e");
}

TEST_F(OutboxTest, EveryNotificationCounts) {
  backend::Notified notified{.notifier_id = values_.id<NotifierId>(), .notifications = {}};
  for (int i = 0; i < 9; ++i) notified.notifications.push_back(values_.notification());
  outbox_.add(Outbox::EventTo{.connection = 1, .event = notified});
  outbox_.add(Outbox::EventTo{.connection = 1, .event = notified});
  add_ended();
  EXPECT_EQ(take(), "R");
  EXPECT_EQ(counters_.events_dropped, 21U);
}

}  // namespace
}  // namespace sotto::queue
