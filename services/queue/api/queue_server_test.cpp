// The queue service as a gateway sees it: frames over real gRPC, with a backend that does what the test says.
#include "services/queue/api/queue_server.hpp"

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "services/queue/api/test_gateway.hpp"
#include "services/queue/api/test_replica.hpp"
#include "services/queue/domain/test_values.hpp"

namespace sotto::queue {
namespace {

using backend::Operation;
using backend::SessionRef;
using test::wait_until;
using Item = TestGateway::Item;
using namespace std::chrono_literals;

constexpr std::uint64_t kGateway = 7;

class QueueServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  Operation subscribe() { return {values_.id<RecipientId>(), 1, backend::Subscribe{}}; }
  Operation append(std::size_t bytes) {
    return {values_.id<RecipientId>(), 1, backend::Append{values_.message(1, bytes), std::nullopt}};
  }
  backend::Event ready(std::size_t bytes) {
    return backend::MessageReady{values_.id<RecipientId>(), values_.message(1, bytes)};
  }
  static SessionRef session(std::uint64_t connection) { return {.gateway = kGateway, .connection = connection}; }
  // Makes the session known to the replica.
  void say_hello(TestGateway& gateway, std::uint64_t connection) {
    ASSERT_TRUE(gateway.send_batch(connection, connection, {subscribe()}));
    const auto answer = gateway.next(Item::kResult);
    ASSERT_TRUE(answer.has_value());
  }
  static void end(TestGateway& gateway, std::uint64_t connection) {
    v1::GatewayFrame frame;
    frame.add_ended_connections(connection);
    gateway.send(frame);
  }

  TestValues values_;
};

TEST_F(QueueServerTest, RefusesAGatewayThatSpeaksAnotherProtocol) {
  TestReplica replica;
  TestGateway gateway(replica.address());
  ASSERT_TRUE(gateway.hello(kGateway, contract::kProtocol + 1));
  const auto status = gateway.finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_NE(status.error_message().find("serves protocol 1"), std::string::npos) << status.error_message();
  EXPECT_EQ(replica.counters().streams_refused, 1U);
}

TEST_F(QueueServerTest, RefusesAStreamThatDoesNotBeginWithOneHello) {
  TestReplica replica;
  TestGateway silent(replica.address());
  ASSERT_TRUE(silent.send_batch(1, 1, {subscribe()}));
  EXPECT_EQ(silent.finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  TestGateway nobody(replica.address());
  ASSERT_TRUE(nobody.hello(0, contract::kProtocol));
  EXPECT_EQ(nobody.finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  TestGateway twice(replica.address(), kGateway);
  ASSERT_TRUE(twice.welcomed());
  ASSERT_TRUE(twice.hello(kGateway, contract::kProtocol));
  EXPECT_EQ(twice.finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(replica.scripted.seen_count(), 0U);
}

TEST_F(QueueServerTest, BatchesAreExecutedInOrderAndAnswered) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  v1::GatewayFrame frame;
  const std::vector<Operation> operations = {append(100), subscribe(), {{}, 0, backend::Find{}}};
  TestGateway::add(frame, 11, 1, operations);
  TestGateway::add(frame, 12, 2, {});
  TestGateway::add(frame, 13, 1, {subscribe()});
  ASSERT_TRUE(gateway.send(frame));
  for (const auto& [number, results] : {std::pair(11, 3), {12, 0}, {13, 1}}) {
    const auto item = gateway.next();
    ASSERT_TRUE(item && item->has_result());
    EXPECT_EQ(item->result().number(), static_cast<std::uint64_t>(number));
    EXPECT_EQ(item->result().results_size(), results);
  }
  const auto seen = replica.scripted.seen();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].session, session(1));
  EXPECT_EQ(seen[1].session, session(2));
  EXPECT_EQ(seen[0].operations.size(), 3U);
  EXPECT_EQ(seen[0].operations[0].queue, operations[0].queue);
  EXPECT_FALSE(seen[0].deadline.has_value());
  EXPECT_EQ(replica.counters().operations, 4U);
}

TEST_F(QueueServerTest, WhatCannotBeUnderstoodOrIsTooLateIsUnavailable) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  v1::GatewayFrame frame;
  TestGateway::add(frame, 1, 1, {subscribe(), subscribe()});
  frame.mutable_batches(0)->mutable_operations(1)->set_queue("too short");
  TestGateway::add(frame, 2, 1, {subscribe()});
  frame.mutable_batches(1)->set_time_left_ms(0);
  TestGateway::add(frame, 3, 1, {subscribe()});
  frame.mutable_batches(2)->set_time_left_ms(60'000);
  ASSERT_TRUE(gateway.send(frame));
  std::map<std::uint64_t, int> results;
  for (int i = 0; i < 3; ++i) {
    const auto item = gateway.next(Item::kResult);
    ASSERT_TRUE(item.has_value());
    results[item->result().number()] = item->result().results_size();
  }
  EXPECT_EQ(results, (std::map<std::uint64_t, int>{{1, 0}, {2, 0}, {3, 1}}));
  EXPECT_EQ(replica.counters().batches_malformed, 1U);
  EXPECT_EQ(replica.counters().batches_late, 1U);
  ASSERT_EQ(replica.scripted.seen_count(), 1U);
  EXPECT_TRUE(replica.scripted.seen()[0].deadline.has_value());
}

TEST_F(QueueServerTest, EventsFollowTheResultsBeforeThem) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  replica.scripted.hold();
  ASSERT_TRUE(gateway.send_batch(1, 5, {subscribe()}));
  wait_until("the batch is there", [&] { return replica.scripted.held_count() == 1; });
  replica.scripted.answer_held();
  replica.api().deliver(session(5), ready(100));
  replica.api().deliver(session(5), backend::Ended{});
  ASSERT_TRUE(gateway.next()->has_result());
  const auto event = gateway.next();
  ASSERT_TRUE(event && event->has_event());
  EXPECT_EQ(event->event().connection(), 5U);
  EXPECT_FALSE(event->event().relayed());
  EXPECT_EQ(event->event().message_ready().message().body().size(), 100U);
  EXPECT_TRUE(gateway.next()->event().has_ended());
}

TEST_F(QueueServerTest, WhatIsHeldTogetherIsOneFrame) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  TestGateway other(replica.address(), kGateway + 1);
  say_hello(gateway, 1);
  replica.scripted.hold();
  // A stream that is still busy with what was before takes what is there, held or not: then it is tried again.
  int frames = 0;
  for (std::uint64_t attempt = 1; attempt <= 10 && frames != 1; ++attempt) {
    ASSERT_TRUE(other.send_batch(attempt, 1, {subscribe()}));
    wait_until("the batch is there", [&] { return replica.scripted.held_count() == 1; });
    const std::uint64_t before = gateway.frames();
    {
      const backend::Together together(replica.api());
      replica.api().deliver(session(1), ready(100));
      // Long enough for the server's thread to do all that it was woken for before.
      std::thread([&] { replica.scripted.answer_held(); }).join();
      ASSERT_TRUE(other.next(Item::kResult).has_value());
      for (int i = 1; i < 20; ++i) replica.api().deliver(session(1), ready(100));
    }
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(gateway.next()->has_event());
    frames = static_cast<int>(gateway.frames() - before);
  }
  EXPECT_EQ(frames, 1);
}

TEST_F(QueueServerTest, AGatewayThatDoesNotReadLosesBodiesAndThenEvents) {
  TestReplica::Options options;
  options.settings.max_event_bytes = 200'000;
  options.settings.max_events = 100;
  TestReplica replica(options);
  TestGateway gateway(replica.address(), kGateway);
  say_hello(gateway, 1);
  // What the connection itself takes in is not bounded here, but it ends.
  const auto& counters = replica.counters();
  wait_until("events are dropped", [&] {
    replica.api().deliver(session(1), ready(16000));
    return counters.events_dropped > 0;
  });
  EXPECT_GT(counters.bodies_dropped, 0U);
  const std::uint64_t sent = counters.events_sent;
  for (int i = 0; i < 1000; ++i) replica.api().deliver(session(1), ready(16000));

  // It reads again: what was on its way, then it is told to resume, then new events.
  std::uint64_t received = 0;
  std::optional<Item> item;
  while ((item = gateway.next()) && item->has_event()) ++received;
  ASSERT_TRUE(item && item->has_resume());
  EXPECT_EQ(item->resume().scope(), contract::common::Resume::SCOPE_GATEWAY);
  EXPECT_GE(received, sent);
  EXPECT_EQ(counters.resumes_sent, 1U);
  replica.api().deliver(session(1), ready(10));
  item = gateway.next();
  ASSERT_TRUE(item && item->has_event());
  EXPECT_EQ(item->event().message_ready().message().body().size(), 10U);
}

TEST_F(QueueServerTest, AGatewayIsNotReadWhileTooMuchIsUnanswered) {
  TestReplica::Options options;
  options.settings.max_unanswered_operations = 10;
  TestReplica replica(options);
  TestGateway gateway(replica.address(), kGateway);
  replica.scripted.hold();
  for (std::uint64_t i = 1; i <= 50; ++i) ASSERT_TRUE(gateway.send_batch(i, 1, {subscribe()}));
  wait_until("reading pauses", [&] { return replica.counters().reads_paused == 1; });
  EXPECT_EQ(replica.scripted.held_count(), 10U);
  replica.scripted.release();
  std::set<std::uint64_t> answered;
  while (answered.size() < 50) answered.insert(gateway.next(Item::kResult)->result().number());
  EXPECT_EQ(replica.scripted.seen_count(), 50U);
}

TEST_F(QueueServerTest, BytesPauseReadingToo) {
  TestReplica::Options options;
  options.settings.max_unanswered_bytes = 40'000;
  TestReplica replica(options);
  TestGateway gateway(replica.address(), kGateway);
  replica.scripted.hold();
  for (std::uint64_t i = 1; i <= 6; ++i) ASSERT_TRUE(gateway.send_batch(i, 1, {append(16'000)}));
  wait_until("reading pauses", [&] { return replica.counters().reads_paused == 1; });
  EXPECT_EQ(replica.scripted.held_count(), 3U);
  replica.scripted.release();
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(gateway.next(Item::kResult).has_value());
}

TEST_F(QueueServerTest, SessionsOfAGatewayThatStaysAwayAreEnded) {
  TestBus::Wire wire;
  TestReplica::Options options;
  options.settings.session_grace = 50ms;
  options.wire = &wire;
  TestReplica replica(options);
  {
    TestGateway gateway(replica.address(), kGateway);
    for (const std::uint64_t connection : {1U, 2U, 3U}) say_hello(gateway, connection);
    end(gateway, 2);
    wait_until("one has ended", [&] { return replica.scripted.ended().size() == 1; });
    EXPECT_EQ(replica.counters().sessions, 2U);
  }
  wait_until("the others are ended", [&] { return replica.scripted.ended().size() == 3; });
  auto ended = replica.scripted.ended();
  std::sort(ended.begin(), ended.end());
  EXPECT_EQ(ended, (std::vector<SessionRef>{session(1), session(2), session(3)}));
  EXPECT_EQ(replica.counters().sessions, 0U);
  EXPECT_EQ(replica.counters().sessions_ended, 2U);
  EXPECT_FALSE(replica.bus().listens_to(kGateway));
  // Should the gateway live elsewhere, it hears of it there.
  wait_until("the bus is told", [&] { return wire.published == 1; });
}

TEST_F(QueueServerTest, AGatewayThatComesBackKeepsItsSessions) {
  TestReplica::Options options;
  options.settings.session_grace = 300ms;
  TestReplica replica(options);
  {
    TestGateway gateway(replica.address(), kGateway);
    say_hello(gateway, 1);
  }
  wait_until("the stream has ended", [&] { return replica.counters().streams == 0; });
  TestGateway back(replica.address(), kGateway);
  ASSERT_TRUE(back.welcomed());
  // Another gateway that stays away shows that the time has passed.
  {
    TestGateway other(replica.address(), kGateway + 1);
    say_hello(other, 9);
  }
  wait_until("the other one's session is ended", [&] { return !replica.scripted.ended().empty(); });
  EXPECT_EQ(replica.scripted.ended(), (std::vector<SessionRef>{{.gateway = kGateway + 1, .connection = 9}}));
}

TEST_F(QueueServerTest, TheLastStreamOfAGatewayCounts) {
  TestReplica replica;
  TestGateway first(replica.address(), kGateway);
  TestGateway second(replica.address(), kGateway);
  EXPECT_EQ(first.finish().error_code(), grpc::StatusCode::ABORTED);
  replica.api().deliver(session(1), backend::Ended{});
  EXPECT_TRUE(second.next()->has_event());
}

TEST_F(QueueServerTest, EventsFindTheirWayThroughOtherReplicas) {
  TestBus::Wire wire;
  TestReplica home({.wire = &wire});
  TestReplica other({.wire = &wire});
  TestGateway gateway(home.address(), kGateway);
  say_hello(gateway, 1);
  ASSERT_TRUE(home.bus().listens_to(kGateway));
  other.api().deliver(session(2), backend::Ended{});  // nobody knows this session
  other.api().deliver(session(1), ready(50));
  const auto event = gateway.next();
  ASSERT_TRUE(event && event->has_event());
  EXPECT_TRUE(event->event().relayed());
  EXPECT_EQ(event->event().connection(), 1U);
  EXPECT_EQ(event->event().message_ready().message().body().size(), 50U);
  EXPECT_EQ(other.counters().events_published, 2U);
}

TEST_F(QueueServerTest, AReplicaThatEndsSessionsTellsTheirGatewayElsewhere) {
  TestBus::Wire wire;
  TestReplica::Options options;
  options.settings.session_grace = 50ms;
  options.wire = &wire;
  TestReplica left(options);
  TestReplica home({.wire = &wire});
  TestGateway gateway(home.address(), kGateway);
  say_hello(gateway, 1);
  say_hello(gateway, 2);
  {
    TestGateway elsewhere(left.address(), kGateway);
    say_hello(elsewhere, 1);
    say_hello(elsewhere, 3);
  }
  const auto item = gateway.next(Item::kResume);
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->resume().scope(), contract::common::Resume::SCOPE_LISTED);
  ASSERT_EQ(item->resume().connections_size(), 1);  // of its own sessions only
  EXPECT_EQ(item->resume().connections(0), 1U);
  EXPECT_EQ(left.scripted.ended().size(), 2U);
}

TEST_F(QueueServerTest, ResumeGoesToTheSessionsThatAreConcerned) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  for (const std::uint64_t connection : {1U, 2U, 3U}) say_hello(gateway, connection);
  replica.api().resume([](SessionRef each) { return each.connection == 2; });
  auto item = gateway.next(Item::kResume);
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->resume().scope(), contract::common::Resume::SCOPE_LISTED);
  ASSERT_EQ(item->resume().connections_size(), 1);
  EXPECT_EQ(item->resume().connections(0), 2U);
  replica.api().resume([](SessionRef /*each*/) { return false; });
  replica.api().resume([](SessionRef each) { return each.gateway == kGateway; });
  item = gateway.next();
  ASSERT_TRUE(item && item->has_resume());
  EXPECT_EQ(item->resume().scope(), contract::common::Resume::SCOPE_STREAM);
}

TEST_F(QueueServerTest, ADrainedReplicaAnswersWhatItHas) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  replica.scripted.hold();
  ASSERT_TRUE(gateway.send_batch(1, 1, {subscribe()}));
  wait_until("the batch is there", [&] { return replica.scripted.held_count() == 1; });
  std::thread drain([&] { replica.api().drain(30s); });
  ASSERT_TRUE(gateway.next(Item::kLeaving).has_value());
  TestGateway late(replica.address());
  EXPECT_EQ(late.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  gateway.half_close();
  replica.scripted.release();
  const auto item = gateway.next();
  ASSERT_TRUE(item && item->has_result());
  EXPECT_TRUE(gateway.finish().ok());
  drain.join();
  EXPECT_EQ(replica.counters().streams, 0U);
}

TEST_F(QueueServerTest, StopEndsStreamsWithBatchesUnderWay) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  replica.scripted.hold();
  ASSERT_TRUE(gateway.send_batch(1, 1, {subscribe()}));
  wait_until("the batch is there", [&] { return replica.scripted.held_count() == 1; });
  replica.api().stop();
  EXPECT_EQ(gateway.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  replica.scripted.release();  // goes nowhere
  replica.api().deliver(session(1), backend::Ended{});
  EXPECT_EQ(replica.counters().events_dropped, 1U);
  EXPECT_TRUE(replica.scripted.ended().empty());
}

TEST_F(QueueServerTest, ItemsOfNewerGatewaysAreIgnored) {
  TestReplica replica;
  TestGateway gateway(replica.address(), kGateway);
  v1::GatewayFrame frame;
  ASSERT_TRUE(frame.ParseFromString(std::string("\x9a\x06\x03new", 6)));  // field 99
  ASSERT_TRUE(gateway.send(frame));
  say_hello(gateway, 1);
}

}  // namespace
}  // namespace sotto::queue
