// One subscriber at a time; two senders, one queue.
#include <atomic>
#include <thread>

#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {
namespace {

TEST(TakeOver, EndsTheFormerSubscriberAndMessagesGoToTheNewOne) {
  InProcessServer server;
  const auto phone = server.connect();
  const auto tablet = server.connect();
  const auto sender = server.connect();
  const auto queue = must(phone->create_queue());
  ASSERT_TRUE(sender->send(queue, "to the phone"));
  EXPECT_EQ(receive(*phone, queue), "to the phone");

  ASSERT_TRUE(tablet->subscribe(queue));
  const auto end = must(phone->wait_event());
  EXPECT_EQ(text_of(end), "END");
  EXPECT_TRUE(end.corr_id.empty());
  EXPECT_TRUE(equal(end.entity_id, queue.recipient_id.view()));
  ASSERT_TRUE(sender->send(queue, "to the tablet"));
  const auto message = must(tablet->next_message(queue));
  EXPECT_EQ(message.text(), "to the tablet");
  EXPECT_EQ(ask(*phone, queue.ack(message.id)), "ERR NO_MSG") << "it was not delivered there";
  EXPECT_EQ(phone->pending_events(), 0U);

  // And back: what was not acknowledged is delivered again.
  ASSERT_TRUE(phone->subscribe(queue));
  EXPECT_EQ(next_event(*tablet), "END");
  EXPECT_EQ(receive(*phone, queue), "to the tablet");
  EXPECT_EQ(ask(*tablet, queue.ack(message.id)), "ERR NO_MSG");
}

TEST(TakeOver, OfManyQueuesInOneBatch) {
  InProcessServer server({"--ephemeral"});
  const auto former = server.connect();
  std::vector<QueueHandle> queues;
  for (int i = 0; i < 20; ++i) queues.push_back(must(former->create_queue()));
  const auto next = server.connect();
  std::vector<Request> subs;
  for (const auto& queue : queues) subs.push_back(queue.sub());
  for (const auto& answer : must(next->request(subs))) EXPECT_EQ(text_of(answer.value()), "SOK");
  for (std::size_t i = 0; i < queues.size(); ++i) EXPECT_EQ(next_event(*former), "END");
}

TEST(TakeOver, WhoLeavesIsNoSubscriberAnyMore) {
  InProcessServer server({"--ephemeral"});
  auto former = server.connect();
  const auto queue = must(former->create_queue());
  ASSERT_TRUE(former->send(queue, "unacknowledged"));
  must(former->next_message(queue));
  former->close();
  ASSERT_TRUE(reaches(server, R"(smp_connections_closed_total{reason="peer_closed"})", 1));
  EXPECT_EQ(metric(server, "smp_subscriptions"), 0);
  const auto again = server.connect();
  ASSERT_TRUE(again->subscribe(queue));
  EXPECT_EQ(receive(*again, queue), "unacknowledged");
}

TEST(Exclusions, SubAndGetOnOneConnection) {
  InProcessServer server({"--ephemeral"});
  const auto client = server.connect();
  const auto queue = must(client->create_queue());
  EXPECT_EQ(ask(*client, queue.get()), "ERR CMD PROHIBITED");
  const auto fetcher = server.connect();
  ASSERT_TRUE(client->send(queue, "hello"));
  const auto fetched = must(fetcher->get(queue));
  ASSERT_TRUE(fetched);
  EXPECT_EQ(ask(*fetcher, queue.sub()), "ERR CMD PROHIBITED");
  EXPECT_EQ(must(client->next_message(queue)).id, fetched->id) << "the subscriber has it too";
  EXPECT_EQ(ask(*fetcher, queue.ack(fetched->id)), "OK");
  EXPECT_FALSE(must(fetcher->get(queue)));
}

TEST(SecuringRace, OneOfTwoSendersWins) {
  InProcessServer server({"--ephemeral"});
  const auto recipient = server.connect();
  for (int round = 0; round < 20; ++round) {
    const auto queue = must(recipient->create_queue());
    struct Racer {
      std::unique_ptr<SyncClient> client;
      PrivateKey key = PrivateKey::generate(KeyKind::ed25519);
      std::string answer;
    };
    std::vector<Racer> racers(2);
    for (auto& racer : racers) racer.client = server.connect();
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (auto& racer : racers) {
      threads.emplace_back([&] {
        ++ready;
        while (ready.load() < 2) std::this_thread::yield();
        racer.answer = ask(*racer.client, &racer.key, queue.sender_id.view(), smp::Skey{racer.key.public_key()});
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_THAT((std::vector{racers[0].answer, racers[1].answer}), testing::UnorderedElementsAre("OK", "ERR AUTH"));
    for (const auto& racer : racers) {
      EXPECT_EQ(ask(*racer.client, &racer.key, queue.sender_id.view(), smp::Send{as_bytes("F"), as_bytes("x")}),
                racer.answer)
          << "the winner sends, the other does not";
    }
  }
}

}  // namespace
}  // namespace sotto::test
