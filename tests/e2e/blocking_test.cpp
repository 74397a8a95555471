// An administrator blocks queues: what lasts, what is counted, and what a gateway that knows the queue from before
// does.
#include "libs/backend/record.hpp"
#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {
namespace {

using backend::BlockingReason;

TEST(Blocking, LastsOverARestartAndSoDoWhatWasStored) {
  InProcessServer server;
  auto client = server.connect();
  const auto queue = must(client->create_queue({.subscribe = false}));
  ASSERT_TRUE(client->send(queue, "kept"));
  ASSERT_TRUE(server.server().block_queue(queue.sender_id,
                                          {.reason = BlockingReason::spam, .notice_json = R"({ "ttl" : 60 })"}));
  server.restart();
  client = server.connect();
  EXPECT_EQ(text_of(client->subscribe(queue)), R"(BLOCKED reason=spam,notice={"ttl":60})");
  ASSERT_TRUE(server.server().unblock_queue(queue.sender_id));
  server.restart();
  client = server.connect();
  ASSERT_TRUE(client->subscribe(queue));
  EXPECT_EQ(receive(*client, queue), "kept");
}

TEST(Blocking, AGatewayDoesNotActOnWhatItKnewBefore) {
  InProcessServer server({"--ephemeral"});
  const auto one = server.connect();
  const auto two = server.connect();
  const auto queue = must(one->create_queue());
  for (auto* client : {one.get(), two.get()}) ASSERT_TRUE(client->send(queue, "known everywhere"));

  ASSERT_TRUE(server.server().block_queue(queue.sender_id, {.reason = BlockingReason::content, .notice_json = ""}));
  const auto stale = metric(server, "smp_stale_records_total");
  for (auto* client : {one.get(), two.get()}) {
    EXPECT_EQ(text_of(client->send(queue, "x")), "BLOCKED reason=content");
  }
  EXPECT_GT(metric(server, "smp_stale_records_total"), stale) << "it was known";
  EXPECT_EQ(server.server().stored_messages(), 2U);
  ASSERT_TRUE(server.server().unblock_queue(queue.sender_id));
  for (auto* client : {one.get(), two.get()}) EXPECT_TRUE(client->send(queue, "x"));
}

TEST(Blocking, CountsQueues) {
  InProcessServer server({"--ephemeral"});
  const auto client = server.connect();
  const auto queue = must(client->create_queue());
  EXPECT_EQ(metric(server, "smp_queues_blocked_total"), 0);
  ASSERT_TRUE(server.server().block_queue(queue.sender_id, {}));
  ASSERT_TRUE(server.server().block_queue(queue.sender_id, {.reason = BlockingReason::content, .notice_json = ""}));
  EXPECT_EQ(metric(server, "smp_queues_blocked_total"), 1);
  EXPECT_EQ(metric(server, "smp_queues_unblocked_total"), 0);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(server.server().unblock_queue(queue.sender_id));
  EXPECT_EQ(metric(server, "smp_queues_unblocked_total"), 1);
}

TEST(Blocking, TheLargestNoticeFitsWithABlockFullOfCommands) {
  InProcessServer server({"--ephemeral"});
  const auto client = server.connect();
  const auto queue = must(client->create_queue({.subscribe = false}));
  const std::string frame = R"({"text":""})";
  const std::string notice = R"({"text":")" + std::string(512 - frame.size(), 'x') + "\"}";
  const auto longer =
      server.server().block_queue(queue.sender_id, {.reason = BlockingReason::spam, .notice_json = notice + " "});
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().code, ErrorCode::invalid_argument);

  ASSERT_TRUE(server.server().block_queue(queue.sender_id, {.reason = BlockingReason::spam, .notice_json = notice}));
  const std::vector<Request> sends(200, queue.send({}));
  for (const auto& answer : must(client->request(sends))) {
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(text_of(*answer), "ERR BLOCKED reason=spam,notice=" + notice);
  }
}

}  // namespace
}  // namespace sotto::test
