// Clients that are slow, silent or too many: what ends them, by its name in the metrics, and that others go on.
#include <thread>

#include "tests/e2e/e2e_test.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

std::string closed(const std::string& reason) {
  return "smp_connections_closed_total{reason=\"" + reason + "\"}";
}

// What anybody wants of the server while somebody else misbehaves.
void expect_serves(InProcessServer& server) {
  const auto client = server.connect();
  const auto queue = must(client->create_queue());
  EXPECT_TRUE(client->send(queue, "hello"));
  EXPECT_EQ(receive(*client, queue), "hello");
}

TEST(SlowReader, IsClosedWhileOthersGoOn) {
  InProcessServer server({"--ephemeral", "--output-limit=32KiB", "--stall-timeout=500ms"});
  const auto other = server.connect();
  const auto queue = must(other->create_queue({.subscribe = false}));
  ASSERT_TRUE(other->send(queue, std::string(16'000, 'x')));

  // Asks for the same message over and over and reads nothing: more than any socket buffer takes.
  RawSession slow(server);
  slow.hello(smp::kMaxVersion);
  const std::vector<Bytes> gets(
      100, slow.transmission(&queue.recipient_key, "1", queue.recipient_id.view(), as_bytes("GET")));
  for (int i = 0; i < 20; ++i) slow.send(gets);
  expect_serves(server);
  EXPECT_TRUE(reaches(server, closed("slow_reader"), 1));
  expect_serves(server);
  EXPECT_TRUE(slow.connection().expect_closed());
  EXPECT_TRUE(other->ping());
}

TEST(LargeAnswers, ToOneBlockComeAllAndInOrder) {
  InProcessServer server({"--ephemeral", "--output-limit=32KiB"});
  const auto owner = server.connect();
  std::vector<QueueHandle> queues;
  for (int i = 0; i < 10; ++i) {
    queues.push_back(must(owner->create_queue({.subscribe = false})));
    ASSERT_TRUE(owner->send(queues.back(), std::string(16'000, static_cast<char>('a' + i))));
  }

  // 1.6 MB of answers to one block: far more than may wait for a client, so they come as it reads.
  constexpr std::size_t kGets = 100;
  RawSession session(server);
  session.hello(smp::kMaxVersion);
  std::vector<Bytes> gets;
  for (std::size_t i = 0; i < kGets; ++i) {
    const auto& queue = queues[i % queues.size()];
    gets.push_back(
        session.transmission(&queue.recipient_key, std::to_string(i), queue.recipient_id.view(), as_bytes("GET")));
  }
  session.send(gets);
  session.send({session.transmission(nullptr, "last", {}, as_bytes("PING"))});
  std::vector<RawSession::Answer> answers;
  while (answers.size() <= kGets) {
    auto more = session.read_answers();
    answers.insert(answers.end(), more.begin(), more.end());
  }
  for (std::size_t i = 0; i < kGets; ++i) {
    EXPECT_EQ(as_text(answers[i].corr_id), std::to_string(i));
    EXPECT_TRUE(equal(answers[i].entity_id, queues[i % queues.size()].recipient_id.view())) << i;
    EXPECT_EQ(answers[i].text, "MSG");
  }
  EXPECT_EQ(as_text(answers[kGets].corr_id), "last");
}

TEST(Shutdown, SendsWhatIsAnsweredFirst) {
  InProcessServer server({"--output-limit=32KiB"});
  const auto owner = server.connect();
  const auto queue = must(owner->create_queue({.subscribe = false}));
  ASSERT_TRUE(owner->send(queue, std::string(16'000, 'x')));
  RawSession session(server);
  session.hello(smp::kMaxVersion);
  constexpr std::size_t kGets = 100;
  const std::vector<Bytes> gets(
      kGets, session.transmission(&queue.recipient_key, "1", queue.recipient_id.view(), as_bytes("GET")));
  session.send(gets);
  ASSERT_TRUE(reaches(server, "smp_messages_delivered_total", 1));

  // The client begins to read when the server already stops.
  std::thread stopping([&] { server.server().stop(); });
  std::size_t answers = 0;
  while (answers < kGets) answers += session.read_answers().size();
  EXPECT_TRUE(session.connection().expect_closed());
  stopping.join();
}

TEST(SlowReader, OfEventsHasThemLeftAtTheServer) {
  InProcessServer server({"--ephemeral", "--output-limit=32KiB", "--stall-timeout=500ms"});
  const auto owner = server.connect();
  constexpr std::size_t kQueues = 800;
  std::vector<client::QueueDraft> drafts;
  std::vector<Request> requests;
  for (std::size_t i = 0; i < kQueues; ++i) drafts.emplace_back(NewQueue{.subscribe = false});
  for (const auto& draft : drafts) requests.push_back(draft.request());
  const auto created = must(owner->request(requests));
  std::vector<QueueHandle> queues;
  for (std::size_t i = 0; i < kQueues; ++i) queues.push_back(must(drafts[i].finish(created[i].value())));
  requests.clear();
  for (const auto& queue : queues) requests.push_back(queue.send(as_bytes("waits")));
  for (const auto& answer : must(owner->request(requests))) ASSERT_EQ(text_of(answer.value()), "OK");

  RawSession slow(server);
  slow.hello(smp::kMaxVersion);
  for (std::size_t first = 0; first < kQueues; first += 100) {
    std::vector<Bytes> subs;
    for (std::size_t i = first; i < first + 100; ++i) {
      subs.push_back(slow.transmission(&queues[i].recipient_key, "1", queues[i].recipient_id.view(), as_bytes("SUB")));
    }
    slow.send(subs);
  }
  EXPECT_TRUE(reaches(server, closed("slow_reader"), 1));
  EXPECT_TRUE(slow.connection().expect_closed());

  // Nothing was lost with it.
  for (const auto i : {std::size_t{0}, kQueues - 1}) {
    ASSERT_TRUE(owner->subscribe(queues[i]));
    EXPECT_EQ(receive(*owner, queues[i]), "waits");
  }
}

TEST(SlowBlock, IsClosed) {
  InProcessServer server({"--ephemeral", "--stall-timeout=100ms"});
  const auto other = server.connect();
  RawSession slow(server);
  slow.hello(9);
  must(slow.connection().write(Bytes(100, '#')));
  EXPECT_TRUE(slow.connection().expect_closed());
  EXPECT_TRUE(reaches(server, closed("slow_block"), 1));
  EXPECT_TRUE(other->ping());
}

TEST(Idle, IsClosedUnlessItSubscribes) {
  InProcessServer server({"--ephemeral", "--idle-timeout=2s", "--idle-check-interval=50ms"});
  const auto subscriber = server.connect();
  const auto queue = must(subscriber->create_queue());
  const auto idle = server.connect();
  EXPECT_TRUE(idle->expect_closed());
  EXPECT_TRUE(reaches(server, closed("idle"), 1));
  EXPECT_TRUE(subscriber->ping());
  ASSERT_TRUE(subscriber->remove(queue));
  EXPECT_TRUE(subscriber->expect_closed()) << "it subscribes to nothing any more";
  EXPECT_TRUE(reaches(server, closed("idle"), 2));
}

TEST(HandshakeTime, IsLimitedForTlsAndForSmp) {
  InProcessServer server({"--ephemeral", "--tls-handshake-timeout=2s", "--smp-handshake-timeout=2s"});
  client::RawConnection silent;
  must(silent.connect("127.0.0.1", server.port()));
  RawSession half(server);  // TLS is up, the client's hello never comes
  EXPECT_TRUE(reaches(server, "smp_handshakes", 2));
  expect_serves(server);
  EXPECT_TRUE(silent.expect_closed());
  EXPECT_TRUE(half.connection().expect_closed());
  EXPECT_TRUE(reaches(server, closed("tls_handshake_timeout"), 1));
  EXPECT_TRUE(reaches(server, closed("smp_handshake_timeout"), 1));
}

TEST(HandshakeFailures, AreClosedWithTheirReason) {
  InProcessServer server({"--ephemeral"});
  client::RawConnection no_tls;
  must(no_tls.connect("127.0.0.1", server.port()));
  must(no_tls.write(as_bytes("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")));
  EXPECT_TRUE(no_tls.expect_closed());
  EXPECT_TRUE(reaches(server, closed("tls_handshake_failed"), 1));
  {
    client::RawConnection leaves;
    must(leaves.connect("127.0.0.1", server.port()));
    EXPECT_TRUE(reaches(server, "smp_handshakes", 1));
  }
  EXPECT_TRUE(reaches(server, closed("peer_closed"), 1)) << "a balancer that looks whether we are here";
  {
    client::RawConnection breaks_off;
    must(breaks_off.connect("127.0.0.1", server.port()));
    must(breaks_off.write(Bytes{0x16, 0x03, 0x01, 0x02, 0x00}));
    EXPECT_TRUE(reaches(server, "smp_handshakes", 1));
  }
  EXPECT_TRUE(reaches(server, closed("tls_handshake_failed"), 2));
  expect_serves(server);
}

TEST(ConnectionLimit, RefusesWhatIsTooMany) {
  InProcessServer server({"--ephemeral", "--max-connections=2"});
  const auto one = server.connect();
  auto two = server.connect();
  auto options = server.options();
  EXPECT_FALSE(SyncClient().connect(options).ok());
  EXPECT_EQ(metric(server, closed("connection_limit")), 1);
  EXPECT_TRUE(one->ping());
  two->close();
  EXPECT_TRUE(reaches(server, closed("peer_closed"), 1));
  EXPECT_TRUE(server.connect()->ping()) << "there is room again";
}

TEST(HandshakeLimit, RefusesWhatIsTooMany) {
  InProcessServer server({"--ephemeral", "--max-handshakes=2"});
  const auto before = server.connect();
  client::RawConnection one;
  client::RawConnection two;
  must(one.connect("127.0.0.1", server.port()));
  must(two.connect("127.0.0.1", server.port()));
  ASSERT_TRUE(reaches(server, "smp_handshakes", 2));
  EXPECT_FALSE(SyncClient().connect(server.options()).ok());
  EXPECT_EQ(metric(server, closed("handshake_limit")), 1);
  EXPECT_TRUE(before->ping()) << "who is through is not touched";
  one.close();
  two.close();
  EXPECT_TRUE(reaches(server, closed("peer_closed"), 2));
  expect_serves(server);
}

TEST(Shutdown, ClosesConnectionsInOrder) {
  InProcessServer server;
  const auto client = server.connect();
  const auto queue = must(client->create_queue({.subscribe = false}));
  ASSERT_TRUE(client->send(queue, "kept"));
  server.restart();
  EXPECT_TRUE(client->expect_closed());
  const auto again = server.connect();
  ASSERT_TRUE(again->subscribe(queue));
  EXPECT_EQ(receive(*again, queue), "kept");
}

}  // namespace
}  // namespace sotto::test
