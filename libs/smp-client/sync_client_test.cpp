#include "libs/smp-client/sync_client.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "libs/smp-client/raw_connection.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::client {
namespace {

using namespace std::chrono_literals;

ConnectOptions options_for_fake(const tests::FakeSmpServer& server) {
  ConnectOptions options;
  options.hosts = {{smp::HostKind::ipv4, "127.0.0.1"}};
  options.port = server.port();
  options.fingerprint = server.fingerprint();
  return options;
}

class SyncClientVersions : public testing::TestWithParam<smp::Version> {};

TEST_P(SyncClientVersions, PassesAMessage) {
  const tests::FakeSmpServer server({.versions = {6, GetParam()}});
  SyncClient client;
  ASSERT_TRUE(client.connect(options_for_fake(server)).ok()) << client.failure()->error.message;
  EXPECT_EQ(client.version(), GetParam());
  EXPECT_EQ(client.connection().encrypts_blocks(), GetParam() >= 11);
  auto queue = client.create_queue();
  ASSERT_TRUE(queue.ok()) << queue.error().message;
  ASSERT_TRUE(client.send(*queue, "hello").ok());
  const auto message = client.next_message(*queue);
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_EQ(message->text(), "hello");
  EXPECT_TRUE(client.ack(*queue, *message).ok());
  EXPECT_TRUE(client.remove(*queue).ok());
}

INSTANTIATE_TEST_SUITE_P(Versions, SyncClientVersions, testing::Values(6, 7, 8, 9, 10, 11, 14, 16, 18, 20));

class SyncClientTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(client_.connect(options_for_fake(server_)).ok()); }
  tests::FakeSmpServer server_;
  SyncClient client_;
};

TEST_F(SyncClientTest, AnswersABatchInOrder) {
  const auto queue = client_.create_queue();
  ASSERT_TRUE(queue.ok());
  const RecipientId nobody{};
  const Bytes large(16'000, 'x');
  // More than one block, with an unknown queue in the middle.
  const std::vector<Request> requests{
      {.command = smp::Ping{}},
      queue->send(large),
      {.key = &queue->recipient_key, .entity_id = nobody.view(), .command = smp::Off{}},
      queue->send(large),
      {.command = smp::Ping{}},
  };
  const auto replies = client_.request(requests);
  ASSERT_TRUE(replies.ok());
  EXPECT_TRUE(replies->at(0)->is<smp::Pong>());
  EXPECT_TRUE(replies->at(1)->is<smp::Ok>());
  ASSERT_NE(replies->at(2)->error(), nullptr);
  EXPECT_EQ(smp::to_string(*replies->at(2)->error()), "AUTH");
  EXPECT_TRUE(replies->at(3)->is<smp::Ok>());
  EXPECT_TRUE(replies->at(4)->is<smp::Pong>());
  EXPECT_EQ(client_.connection().requests_in_flight(), 0U);
}

TEST_F(SyncClientTest, ACommandTooLargeForABlockIsRefusedHere) {
  const auto queue = client_.create_queue();
  const Bytes too_large(16'384, 'x');
  const auto reply = client_.request(queue->send(too_large));
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(client_.ping().ok());
}

TEST_F(SyncClientTest, KeepsEventsOfOtherQueues) {
  const auto first = client_.create_queue();
  const auto second = client_.create_queue();
  ASSERT_TRUE(client_.send(*first, "to the first").ok());
  ASSERT_TRUE(client_.send(*second, "to the second").ok());
  EXPECT_EQ(client_.next_message(*second)->text(), "to the second");
  EXPECT_EQ(client_.next_message(*first)->text(), "to the first");
  EXPECT_EQ(client_.pending_events(), 0U);
}

TEST_F(SyncClientTest, AMessageThatAnswersAnAckIsTheNextMessage) {
  const auto queue = client_.create_queue();
  ASSERT_TRUE(client_.send(*queue, "one").ok());
  ASSERT_TRUE(client_.send(*queue, "two").ok());
  const auto one = client_.next_message(*queue);
  ASSERT_TRUE(client_.ack(*queue, *one).ok());
  EXPECT_EQ(client_.next_message(*queue)->text(), "two");
}

TEST_F(SyncClientTest, NotifiesAnotherConnection) {
  auto queue = client_.create_queue();
  ASSERT_TRUE(client_.add_notifier(*queue).ok());
  SyncClient notifier;
  ASSERT_TRUE(notifier.connect(options_for_fake(server_)).ok());
  ASSERT_TRUE(notifier.subscribe_notifications(*queue).ok());
  ASSERT_TRUE(client_.send(*queue, "ring", "T").ok());
  const auto notification = notifier.next_notification(*queue);
  ASSERT_TRUE(notification.ok());
  const auto message = client_.next_message(*queue);
  EXPECT_TRUE(equal(notification->message_id, message->id.view()));
}

TEST_F(SyncClientTest, ReportsAnUnparsableTransmissionAsAnEvent) {
  // One transmission of one byte: the length of an authorization that is not there.
  client_.send_block_content({1, 0, 1, 64});
  const auto event = client_.wait_event();
  ASSERT_TRUE(event.ok());
  ASSERT_NE(event->error(), nullptr);
  EXPECT_EQ(smp::to_string(*event->error()), "BLOCK");
}

TEST_F(SyncClientTest, SendsTheCommandTextItIsTold) {
  const auto reply = client_.request(Request{.command = smp::Ping{}, .text = as_bytes("PONK")});
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(smp::to_string(*reply->error()), "CMD UNKNOWN");
}

TEST(SyncClient, TellsTheRequestsInFlightThatTheConnectionEnded) {
  const tests::FakeSmpServer server({.hang_up_word = "PING"});
  SyncClient client;
  ASSERT_TRUE(client.connect(options_for_fake(server)).ok());
  const auto status = client.ping();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::connection_failed);
  EXPECT_TRUE(client.expect_closed().ok());
  ASSERT_TRUE(client.failure().has_value());
  EXPECT_EQ(client.failure()->reason, Reason::closed);
}

TEST(SyncClient, DoesNotWaitLongerThanItMay) {
  const tests::FakeSmpServer server({.silent_word = "PING"});
  SyncClient client;
  ASSERT_TRUE(client.connect(options_for_fake(server)).ok());
  const auto status = client.ping(50ms);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::timeout);
  EXPECT_EQ(client.next_message(*client.create_queue(), 50ms).error().code, ErrorCode::timeout);
}

TEST(SyncClient, MayBeInterruptedFromAnotherThread) {
  const tests::FakeSmpServer server({.silent_word = "PING"});
  SyncClient client;
  ASSERT_TRUE(client.connect(options_for_fake(server)));
  const auto start = std::chrono::steady_clock::now();
  std::thread other([&] { client.interrupt(); });
  EXPECT_FALSE(client.ping(10min));
  EXPECT_FALSE(client.create_queue()) << "no later call waits";
  EXPECT_FALSE(client.connect(options_for_fake(server)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1min);
  other.join();
}

TEST(SyncClient, ConnectsAgainAfterClose) {
  const tests::FakeSmpServer server;
  SyncClient client;
  ASSERT_TRUE(client.connect(options_for_fake(server)).ok());
  client.close();
  EXPECT_FALSE(client.connected());
  EXPECT_FALSE(client.ping().ok());
  ASSERT_TRUE(client.connect(options_for_fake(server)).ok());
  EXPECT_TRUE(client.ping().ok());
}

TEST(SyncClient, WorksWithoutASessionKey) {
  const tests::FakeSmpServer server;
  auto options = options_for_fake(server);
  options.send_session_key = false;
  SyncClient client;
  ASSERT_TRUE(client.connect(options).ok());
  EXPECT_FALSE(client.connection().encrypts_blocks());
  EXPECT_TRUE(client.ping().ok());
}

TEST(SyncClient, AHelloMayBeChangedByTests) {
  const tests::FakeSmpServer server;
  auto options = options_for_fake(server);
  options.edit_hello = [](smp::ClientHello& hello) { hello.fingerprint.front() ^= 1; };
  SyncClient client;
  ASSERT_TRUE(client.connect(options).ok());
  EXPECT_TRUE(client.expect_closed().ok());
}

TEST(RawConnection, ReadsTheHelloAsABlock) {
  const tests::FakeSmpServer server;
  const auto tls = *make_tls({});
  RawConnection connection;
  ASSERT_TRUE(connection.connect("127.0.0.1", server.port()).ok());
  ASSERT_TRUE(connection.start_tls(tls->native()).ok());
  const auto block = connection.read_block();
  ASSERT_TRUE(block.ok());
  const auto hello = smp::parse_server_hello(*smp::unpad(*block));
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(hello->session_id, connection.session_id());
  EXPECT_EQ(connection.peer_chain().size(), 2U);
  // A block that no hello is in: the server hangs up.
  ASSERT_TRUE(connection.write(Bytes(smp::kBlockSize, 0)).ok());
  EXPECT_TRUE(connection.expect_closed().ok());
}

}  // namespace
}  // namespace sotto::client
